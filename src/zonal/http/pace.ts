import { Refusal } from '../../model/refusal.ts'

export type Pace = (bytes: number) => Promise<void> | undefined

/** A bill of 400 lines has about 30 KB. */
const largeBytes = 32 * 1024
/** Each may have up to 256 KB. */
const maxWaiting = 64

/**
 * Spaces out the work on large messages, one step in each turn of the event loop, so that the small ones that operators wait
 * for are served in between. Sixteen large ones at once would hold up every till for a second.
 *
 * @returns a function to await before each step, with the size of the message; it returns undefined if that is not large
 */
export function createPace(): Pace {
  const waiting: (() => void)[] = []

  function startNext() {
    waiting.shift()?.()
    if (waiting.length > 0) setImmediate(startNext)
  }

  return function pace(bytes) {
    if (bytes < largeBytes) return undefined
    if (waiting.length >= maxWaiting)
      throw new Refusal('CORE_BUSY', { message: 'too many large messages are waiting to be read' })
    if (waiting.length === 0) setImmediate(startNext)
    return new Promise((resolve) => waiting.push(resolve))
  }
}
