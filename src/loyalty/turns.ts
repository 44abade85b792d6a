import { systemTimers } from '../time/clock.ts'
import { settlesWithin } from '../time/waiting.ts'

export type WaitForTurn = ReturnType<typeof createTurns>

/** Whose turn it is: a card of a project. `tenant` names the project's key, and is undefined if nobody knows it. */
type Whose = { tenant: string | undefined; cardHash: string }

/** A till that repeats one card's message faster than it is answered: the queue would be its own only harm. */
const mostWaitingOfCard = 16
/** One project's tills together; the others must not feel them. */
const mostWaitingOfTenant = 256

/**
 * One redemption at a time for each card of a project: its debits, credits and undos never run side by side in this
 * process. Whoever waits does so in the order of arrival. Another project may know the same card number, and has a turn
 * of its own.
 */
export function createTurns(timers = systemTimers) {
  const last = new Map<string, Promise<void>>()
  const waiting = new Map<string, number>()

  /**
   * @param whose `cardHash` as it stands in the journal
   * @returns a function that ends the turn; undefined if the turn did not come in time, or too many wait for it
   */
  return async function waitForTurn(whose: Whose, withinMs: number): Promise<(() => void) | undefined> {
    const tenant = whose.tenant ?? ''
    const card = `${tenant}/${whose.cardHash}`
    const before = last.get(card)
    if (before && (countOf(card) >= mostWaitingOfCard || countOf(tenant) >= mostWaitingOfTenant))
      return undefined

    const { promise: ended, resolve: end } = Promise.withResolvers<void>()
    const mine = Promise.all([before, ended]).then(() => {
      if (last.get(card) === mine) last.delete(card)
    })
    last.set(card, mine)
    if (!before) return end

    const count = (by: number) => [card, tenant].forEach((queue) => add(queue, by))
    count(+1)
    const isMyTurn = await settlesWithin(timers, withinMs, before)
    count(-1)
    if (isMyTurn) return end
    end()
    return undefined
  }

  function countOf(queue: string): number {
    return waiting.get(queue) ?? 0
  }

  function add(queue: string, by: number) {
    const count = countOf(queue) + by
    if (count === 0) waiting.delete(queue)
    else waiting.set(queue, count)
  }
}
