import type { Clock, Timers } from '../time/clock.ts'
import { sleep } from '../time/waiting.ts'
import { Refused } from './page.ts'

/** A user who asks without a pause gets this share of the time. */
const share = 1 / 200
/** But some pages at once, as a person looks at them: so much work comes without a wait. */
const freeWorkMs = 2_000
/** Of one page. It counts no more, since a database that is slow is no reason to keep people away from it. */
const mostCountedMs = 25
/** Only somebody who asks for several pages at once would wait for longer. */
const longestWaitMs = 5_000

/**
 * Whoever presses without a pause, or a script, waits, so that tills do not.
 *
 * @returns a function that does a user's work when it is their turn, and throws Refused if that would be too late
 */
export function createPace(clock: Clock, timers: Timers) {
  /** Of each user: until when their work so far would have lasted, had it come evenly. */
  const busyUntil = new Map<string, number>()

  return async function takeTurn<T>(name: string, work: () => Promise<T>): Promise<T> {
    const waitMs = (busyUntil.get(name) ?? 0) - freeWorkMs / share - clock.monotonicMs()
    if (waitMs > longestWaitMs)
      throw new Refused(429, 'You ask for more pages than can be shown. Load it again in a few seconds.')
    if (waitMs > 0) await sleep(timers, waitMs)
    const begunMs = clock.monotonicMs()
    try {
      return await work()
    } finally {
      const countedMs = Math.min(clock.monotonicMs() - begunMs, mostCountedMs)
      busyUntil.set(name, Math.max(busyUntil.get(name) ?? 0, begunMs) + countedMs / share)
    }
  }
}
