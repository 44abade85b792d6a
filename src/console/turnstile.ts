import { Refused } from './page.ts'

/** So that a hundred who look at once do no harm to the tills. */
const maxAtOnce = 4
const maxWaiting = 20

/**
 * Does at most four at a time; some more wait for them.
 * @throws Refused if too many wait
 */
export function createTurnstile() {
  let inside = 0
  const waiting: (() => void)[] = []

  return async function passThrough<T>(work: () => Promise<T>): Promise<T> {
    if (inside >= maxAtOnce) {
      if (waiting.length >= maxWaiting)
        throw new Refused(
          503,
          'Too many pages are being requested at once. Load this page again in a moment.',
        )
      await new Promise<void>((resolve) => waiting.push(resolve))
    } else inside += 1
    try {
      return await work()
    } finally {
      // Whoever waits takes the place.
      const next = waiting.shift()
      if (next) next()
      else inside -= 1
    }
  }
}
