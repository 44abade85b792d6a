export type TakeTurn = ReturnType<typeof createTurns>

/**
 * One redemption at a time for each card: debits, credits and undos of a card never run side by side in this process. Whoever
 * waits does so in the order of arrival.
 */
export function createTurns() {
  const last = new Map<string, Promise<void>>()

  /**
   * @param cardHash as it stands in the journal
   * @returns a function that ends the turn; undefined where the turn did not come in time
   */
  return async function takeTurn(cardHash: string, withinMs: number): Promise<(() => void) | undefined> {
    const before = last.get(cardHash)
    const { promise: ended, resolve: end } = Promise.withResolvers<void>()
    const mine = Promise.all([before, ended]).then(() => {
      if (last.get(cardHash) === mine) last.delete(cardHash)
    })
    last.set(cardHash, mine)

    if (!before || (await isDoneWithin(before, withinMs))) return end
    end()
    return undefined
  }
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
