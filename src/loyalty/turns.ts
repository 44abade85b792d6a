import type { Caller } from './words.ts'

export type TakeTurn = ReturnType<typeof createTurns>

/**
 * One redemption at a time for each card: debits and credits of a card never run side by side in this process. Whoever
 * waits does so in the order of arrival.
 */
export function createTurns() {
  const last = new Map<string, Promise<void>>()

  /**
   * @param card as `turnOf` names it
   * @returns a function that ends the turn; undefined where the turn did not come in time
   */
  return async function takeTurn(card: string, withinMs: number): Promise<(() => void) | undefined> {
    const before = last.get(card)
    const { promise: ended, resolve: end } = Promise.withResolvers<void>()
    const mine = Promise.all([before, ended]).then(() => {
      if (last.get(card) === mine) last.delete(card)
    })
    last.set(card, mine)

    if (!before || (await isDoneWithin(before, withinMs))) return end
    end()
    return undefined
  }
}

/** Two projects may have the same card number. */
export function turnOf({ credentials }: Caller, cardNumber: string): string {
  return `${credentials.tenant}/${cardNumber}`
}

/** @returns false where the time is over first; a rejection counts as done */
export async function isDoneWithin(work: Promise<unknown>, withinMs: number): Promise<boolean> {
  const { promise: isDone, resolve } = Promise.withResolvers<boolean>()
  const timer = setTimeout(resolve, Math.max(0, withinMs), false)
  work.then(
    () => resolve(true),
    () => resolve(true),
  )
  try {
    return await isDone
  } finally {
    clearTimeout(timer)
  }
}
