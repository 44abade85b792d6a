import type { SharedBudget, SlotEnded, SlotsTaken } from '../../journal/shared.ts'
import type { Timers } from '../../time/clock.ts'

/** Ends are told with the next take, or by themselves after this long. */
const tellEndsAfterMs = 250
/** Longer than any call takes: after that a slot whose end was never told counts for one window more, like any other. */
const maxCallMs = 5_000

export type SharedScope = ReturnType<typeof createSharedScope>

type Deps = { budget: SharedBudget; scope: string; limit: number; windowMs: number; timers: Timers }

/** One scope of the budget that all replicas share. */
export function createSharedScope({ budget, scope, limit, windowMs, timers }: Deps) {
  let ended: SlotEnded[] = []
  let cancelTelling: (() => void) | undefined

  function takeEnded(): SlotEnded[] {
    cancelTelling?.()
    cancelTelling = undefined
    const all = ended
    ended = []
    return all
  }

  return {
    /**
     * @param max may be in use, with these
     * @throws StorageUnavailable; nothing may be sent then
     */
    take: (count: 1 | 2, max: number): Promise<SlotsTaken> =>
      budget.take(scope, { count, max, limit, holdMs: maxCallMs + windowMs, windowMs }, takeEnded()),

    /** A slot whose end cannot be told counts a little longer. */
    end(slot: number, hasLeft: boolean) {
      ended.push({ slot, hasLeft })
      cancelTelling ??= timers.after(tellEndsAfterMs, () => {
        budget.end(scope, takeEnded(), windowMs).catch(() => undefined)
      })
    },
  }
}
