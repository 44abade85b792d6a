import { systemTimers } from '../time/clock.ts'
import type { Timers } from '../time/clock.ts'
import { settlesWithin, sleep } from '../time/waiting.ts'

export type Turns = ReturnType<typeof createTurns>

/** A card of a project. `tenant` identifies the project's key; undefined for rows whose seal is broken. */
type Card = { tenant: string | undefined; cardHash: string }

/** Bounds the queue of a till that repeats one card's message faster than it is answered. */
const maxWaitingOfCard = 16
/** Bounds the queue of one project, so that it cannot slow down the others. */
const maxWaitingOfTenant = 256

/**
 * One redemption at a time for each card of a project: its debits, credits and undos never run side by side in this
 * process, and wait in order of arrival. The same card number in another project has turns of its own.
 */
export function createTurns(timers = systemTimers) {
  const last = new Map<string, Promise<void>>()
  const waiting = new Map<string, number>()

  /**
   * @param card `cardHash` as in the journal
   * @returns a function that ends the turn; undefined if the turn did not come in time, or too many wait for it
   */
  async function waitFor(card: Card, withinMs: number): Promise<(() => void) | undefined> {
    const tenant = card.tenant ?? ''
    const key = keyOf(card)
    const before = last.get(key)
    if (before && (countOf(key) >= maxWaitingOfCard || countOf(tenant) >= maxWaitingOfTenant))
      return undefined

    const { promise: ended, resolve: end } = Promise.withResolvers<void>()
    const turn = Promise.all([before, ended]).then(() => {
      if (last.get(key) === turn) last.delete(key)
    })
    last.set(key, turn)
    if (!before) return end

    const count = (by: number) => [key, tenant].forEach((queue) => add(queue, by))
    count(+1)
    const hasCome = await settlesWithin(timers, withinMs, before)
    count(-1)
    if (hasCome) return end
    end()
    return undefined
  }

  /** @returns an object that stays the same until another message queues for the card; undefined if none has its turn */
  function latest(card: Card): object | undefined {
    return last.get(keyOf(card))
  }

  function countOf(queue: string): number {
    return waiting.get(queue) ?? 0
  }

  function add(queue: string, by: number) {
    const count = countOf(queue) + by
    if (count === 0) waiting.delete(queue)
    else waiting.set(queue, count)
  }

  return { waitFor, latest }
}

function keyOf({ tenant = '', cardHash }: Card): string {
  return `${tenant}/${cardHash}`
}

/** While a call of the card is under way elsewhere. */
export const lookAgainMs = 100

/**
 * Waits while another replica has a call of the card under way.
 *
 * @param begin says `wait` for as long as it has time
 * @returns what else it says
 */
export async function untilFree<T extends { do: string }>(
  timers: Timers,
  begin: () => Promise<T>,
): Promise<Exclude<T, { do: 'wait' }>> {
  for (;;) {
    const begun = await begin()
    if (begun.do !== 'wait') return begun as Exclude<T, { do: 'wait' }>
    await sleep(timers, lookAgainMs)
  }
}
