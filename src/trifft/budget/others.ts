import type { Clock } from '../../time/clock.ts'
import type { SharedScope } from './shared-scope.ts'

export type Others = ReturnType<typeof createOthers>

/** `asking`: another claim is asking already. `full`: there was no room. Times are monotonic ms. */
type Answer =
  | { kind: 'taken'; slots: number[] }
  | { kind: 'blocked'; untilMs: number }
  | { kind: 'asking' | 'full' | 'away' }

/** What the other replicas leave of the slots, as far as this one has been told. */
export function createOthers(shared: SharedScope, clock: Clock) {
  let isAsking = false
  /** A claim that needs as much room as this, or more, finds none until then. */
  let full = { untilMs: -Infinity, room: 0 }

  return {
    /** @param capacity slots that may be in use with the new ones */
    async ask(count: 1 | 2, capacity: number): Promise<Answer> {
      if (isAsking) return { kind: 'asking' }
      isAsking = true
      const taken = await shared.take(count, capacity).catch(() => undefined)
      isAsking = false
      if (!taken) return { kind: 'away' }
      if ('slots' in taken) return { kind: 'taken', slots: taken.slots }
      const untilMs = clock.monotonicMs() + taken.freeInMs
      if (taken.reason === 'blocked') return { kind: 'blocked', untilMs }
      full = { untilMs, room: capacity - count }
      return { kind: 'full' }
    },

    /**
     * @param room slots that may be in use before the claim
     * @returns monotonic ms: when it is worth asking
     */
    earliestMs: (room: number, nowMs: number) => (room <= full.room ? Math.max(full.untilMs, nowMs) : nowMs),

    /** @returns monotonic ms: when there may be room again; Infinity if nobody was told that there is none */
    freeMs: (nowMs: number) => (full.untilMs > nowMs ? full.untilMs : Infinity),
  }
}
