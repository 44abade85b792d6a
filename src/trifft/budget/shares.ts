import type { Lane } from './lanes.ts'
import { createSlidingLog, type SlidingLog } from './sliding-log.ts'

/** However soon the core answers them: who has been approved must not feel whoever has not. */
const mostStrangersInFlight = 4

/**
 * Lanes that may not have every slot that is free: undos have half of them while others wait, strangers a quarter, and
 * four calls in flight.
 *
 * @param limit slots of a window; 0 is no limit
 */
export function createShares(limit: number, windowMs: number) {
  const undos = createSlidingLog(windowMs)
  const strangers = createSlidingLog(limit === 0 ? 0 : windowMs)
  const strangersInFlight = createSlidingLog(0)
  const mostUndos = Math.max(1, Math.floor(limit / 2))
  const mostStrangers = limit === 0 ? Infinity : Math.max(1, Math.floor(limit / 4))

  return {
    /** @returns where a call of the lane is counted */
    logsOf(lane: Lane): SlidingLog[] {
      if (lane === 'undo') return [undos]
      return lane === 'stranger' ? [strangers, strangersInFlight] : []
    },

    areUndosThrough: (nowMs: number) => undos.count(nowMs) >= mostUndos,

    areStrangersThrough: (nowMs: number) =>
      strangers.count(nowMs) >= mostStrangers || strangersInFlight.count(nowMs) >= mostStrangersInFlight,

    /** @returns monotonic ms: before then a call of the lane finds no room in its share, whatever ends */
    earliestMs: (lane: Lane, nowMs: number) =>
      lane === 'stranger' ? strangers.earliestMs(mostStrangers - 1, nowMs) : nowMs,
  }
}
