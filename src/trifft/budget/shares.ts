import type { Lane } from './lanes.ts'
import { createSlidingLog, type SlidingLog } from './sliding-log.ts'

/** However fast the core answers them, strangers must not slow down approved tills. */
const maxStrangersInFlight = 4

/**
 * Lanes that may not use every slot that is free. Undos may use half of them while others wait; strangers a quarter, with
 * four calls in flight.
 *
 * @param limit slots of a window; 0 is no limit
 */
export function createShares(limit: number, windowMs: number) {
  const undos = createSlidingLog(windowMs)
  const strangers = createSlidingLog(limit === 0 ? 0 : windowMs)
  const strangersInFlight = createSlidingLog(0)
  const maxUndos = Math.max(1, Math.floor(limit / 2))
  const maxStrangers = limit === 0 ? Infinity : Math.max(1, Math.floor(limit / 4))

  return {
    /** @returns where a call of the lane is counted */
    logsOf(lane: Lane): SlidingLog[] {
      if (lane === 'undo') return [undos]
      return lane === 'stranger' ? [strangers, strangersInFlight] : []
    },

    isUndoShareUsedUp: (nowMs: number) => undos.count(nowMs) >= maxUndos,

    isStrangerShareUsedUp: (nowMs: number) =>
      strangers.count(nowMs) >= maxStrangers || strangersInFlight.count(nowMs) >= maxStrangersInFlight,

    /** @returns monotonic ms: the earliest time at which a call of the lane can find room in its share */
    earliestMs: (lane: Lane, nowMs: number) =>
      lane === 'stranger' ? strangers.earliestMs(maxStrangers - 1, nowMs) : nowMs,
  }
}
