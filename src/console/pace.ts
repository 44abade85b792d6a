import type { Clock, Timers } from '../time/clock.ts'
import { sleep } from '../time/waiting.ts'
import { Refused } from './page.ts'

/** A user who requests pages without a pause gets this share of the time. */
const share = 1 / 200
/** Work that a user may cause before having to wait, as a person opens a few pages at once. */
const freeWorkMs = 2_000
/** Of one page. It counts no more, since a database that is slow is no reason to keep people away from it. */
const maxCountedMs = 25
/** Only somebody who asks for several pages at once would wait for longer. */
const maxWaitMs = 5_000

/**
 * Slows down users and scripts that request pages without a pause, so that tills do not wait for them.
 *
 * @returns a function that does a user's work when it is their turn, and throws Refused if that would be too late
 */
export function createUserPace(clock: Clock, timers: Timers) {
  /** Of each user: until when their work so far would have lasted, had it come evenly. */
  const busyUntil = new Map<string, number>()

  return async function takeTurn<T>(name: string, work: () => Promise<T>): Promise<T> {
    const waitMs = (busyUntil.get(name) ?? 0) - freeWorkMs / share - clock.monotonicMs()
    if (waitMs > maxWaitMs)
      throw new Refused(429, 'You are requesting pages too fast. Load this page again in a few seconds.')
    if (waitMs > 0) await sleep(timers, waitMs)
    const begunMs = clock.monotonicMs()
    try {
      return await work()
    } finally {
      const countedMs = Math.min(clock.monotonicMs() - begunMs, maxCountedMs)
      busyUntil.set(name, Math.max(busyUntil.get(name) ?? 0, begunMs) + countedMs / share)
    }
  }
}
