import { Refusal } from '../../model/refusal.ts'

export type Pace = (bytes: number) => Promise<void> | undefined

/** A bill of 400 lines has some 30 KB. */
const largeBytes = 32 * 1024
/** Of up to 256 KB each. */
const mostWaiting = 64

/**
 * Spaces out the work on large messages: one step of one of them in each turn of the event loop, so that small ones, which
 * an operator waits for, are served in between. Sixteen at once would keep every till waiting for a second.
 *
 * @returns a function to be awaited before each step, with the size of the message; undefined for one that is not large
 */
export function createPace(): Pace {
  const waiting: (() => void)[] = []

  function letNextGo() {
    waiting.shift()?.()
    if (waiting.length > 0) setImmediate(letNextGo)
  }

  return function pace(bytes) {
    if (bytes < largeBytes) return undefined
    if (waiting.length >= mostWaiting)
      throw new Refusal('CORE_BUSY', { message: 'too many large messages wait to be read' })
    if (waiting.length === 0) setImmediate(letNextGo)
    return new Promise((resolve) => waiting.push(resolve))
  }
}
