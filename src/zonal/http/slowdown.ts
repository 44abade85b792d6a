import { setMaxListeners } from 'node:events'
import type { Timers } from '../../time/clock.ts'
import { sleep } from '../../time/waiting.ts'

const slowMs = 1_000
/** Each waiting request takes memory. During a flood further ones are answered at once and disconnected. */
const maxWaiting = 100
/** Time left to send the answer. */
const answerReserveMs = 100

/**
 * Delays the answers to clients that guess keys. Nobody else waits.
 * @param stopping ends every wait, so that it does not delay a stop
 */
export function createSlowdown(stopping: AbortSignal, timers: Timers) {
  let waiting = 0
  setMaxListeners(maxWaiting + 10, stopping)

  return {
    /**
     * @param leftMs until the till's patience ends
     * @returns true once the wait is over; false, at once, if too many are waiting already
     */
    async wait(leftMs: number): Promise<boolean> {
      if (waiting >= maxWaiting) return false
      waiting += 1
      try {
        await sleep(timers, Math.max(0, Math.min(slowMs, leftMs - answerReserveMs)), stopping)
      } catch {
        // The service is stopping.
      } finally {
        waiting -= 1
      }
      return true
    },
  }
}
