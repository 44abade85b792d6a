export type SlidingLog = ReturnType<typeof createSlidingLog>

/**
 * Counts what happened within a sliding window, never less than the other side counts. That may count an event at any time
 * between its start and its end, so here it counts from its start until `windowMs` after its end. All times are monotonic
 * ms.
 *
 * @param endedMs when what has ended before stops counting, the soonest first
 */
export function createSlidingLog(windowMs: number, endedMs: number[] = []) {
  const stopsMs = [...endedMs]
  let underWay = 0

  function forget(nowMs: number) {
    while (stopsMs[0] !== undefined && stopsMs[0] <= nowMs) stopsMs.shift()
  }

  return {
    begin() {
      underWay++
    },

    end(nowMs: number) {
      underWay--
      stopsMs.push(nowMs + windowMs)
    },

    /** As if it had never begun. */
    undo() {
      underWay--
    },

    count(nowMs: number): number {
      forget(nowMs)
      return underWay + stopsMs.length
    },

    /** @returns the earliest time at which no more than `max` can count, if nothing else begins or is undone */
    earliestMs(max: number, nowMs: number): number {
      forget(nowMs)
      const tooMany = underWay + stopsMs.length - max
      if (tooMany <= 0) return nowMs
      return stopsMs[tooMany - 1] ?? nowMs + windowMs
    },

    /** @returns when each stops counting, as if all that is under way ended now */
    stopsMs(nowMs: number): number[] {
      forget(nowMs)
      return [...stopsMs, ...Array<number>(underWay).fill(nowMs + windowMs)]
    },
  }
}
