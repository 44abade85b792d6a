import { setMaxListeners } from 'node:events'
import type { Timers } from '../../time/clock.ts'
import { sleep } from '../../time/waiting.ts'

const slowMs = 1_000
/** Whoever waits costs memory: a flood is not slowed but hung up on. */
const maxWaiting = 100
/** Kept back for the answer itself. */
const answerReserveMs = 100

export type Slowdown = ReturnType<typeof createSlowdown>

/**
 * Makes whoever guesses keys wait for each answer. Nobody else waits.
 * @param stopping ends every wait, so that a stop is not slowed
 */
export function createSlowdown(stopping: AbortSignal, timers: Timers) {
  let waiting = 0
  setMaxListeners(maxWaiting + 10, stopping)

  return {
    /**
     * @param leftMs until the till's patience ends
     * @returns true once the wait is over; false at once if too many wait already
     */
    async wait(leftMs: number): Promise<boolean> {
      if (waiting >= maxWaiting) return false
      waiting += 1
      try {
        await sleep(timers, Math.max(0, Math.min(slowMs, leftMs - answerReserveMs)), stopping)
      } catch {
        // It stops: answered at once.
      } finally {
        waiting -= 1
      }
      return true
    },
  }
}
