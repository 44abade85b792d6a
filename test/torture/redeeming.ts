import type { TillCredit } from '../simulators/till/messages.ts'
import type { Chance } from './chance.ts'
import type { Figures } from './figures.ts'
import { afterCredit, afterDebit, isDenied, type Heard, type Wish } from './memory.ts'
import { pauseUntil } from './pause.ts'
import type { MeasuredTill } from './till.ts'

/** After so many steps a till gives up. */
const maxSteps = 8

/** Which of two twins was served first nobody knows: the one that is lost may be the second, and an OK of either stands. */
const rank = { refused: 0, failed: 0, lost: 1, ok: 2 }

type Parts = { till: MeasuredTill; chance: Chance; figures: Figures; isExcused: (wish: Wish) => boolean }

/** What a till does about one reward or some points, until it is content or gives up: asks, repeats, gives back. */
export function createRedeeming({ till, chance, figures, isExcused }: Parts) {
  let transactions = 0
  const newTransaction = () => `${till.venueId}-${chance.int(1, 1e9)}-${transactions++}`
  const hangUpAfterMs = () => (chance.isHit(0.12) ? chance.int(10, 1500) : undefined)

  function learn(wish: Wish, message: 'debit' | 'credit', heard: Heard) {
    if (isDenied(wish.belief, message, heard) && !isExcused(wish))
      figures.broken.push(`denied: ${message} heard ${JSON.stringify(heard)} of ${JSON.stringify(wish)}`)
    wish.belief = (message === 'debit' ? afterDebit : afterCredit)(wish.belief, heard)
    if (message === 'credit' || heard.kind !== 'ok') return
    wish.redemptionId = heard.ok.redemptionId
    wish.oks.push(heard.ok)
  }

  async function debit(wish: Wish): Promise<Heard> {
    const { cardNumber, accountNumber, transactionId, what } = wish
    wish.asked.add(transactionId)
    // What was given back is not what it asks for now.
    if (wish.belief !== 'taken') wish.redemptionId = undefined
    const message = {
      cardNumber,
      accountNumber,
      ...(transactionId && { transactionId }),
      ...(what.kind === 'coupon' ? { rewardId: what.rewardId } : { points: what.points }),
    }
    const twins = chance.isHit(0.1) ? 2 : 1
    if (twins === 2) figures.answer('twins')
    const asks = Array.from({ length: twins }, () => till.debit(message, hangUpAfterMs()))
    const heard = await Promise.all(asks)
    for (const one of heard.toSorted((a, b) => rank[a.kind] - rank[b.kind])) learn(wish, 'debit', one)
    return heard.find(({ kind }) => kind === 'ok') ?? heard[0] ?? { kind: 'lost' }
  }

  async function credit(wish: Wish, message: TillCredit): Promise<Heard> {
    const heard = await till.credit(message, hangUpAfterMs())
    learn(wish, 'credit', heard)
    return heard
  }

  /** By the redemption, by the debit's transaction, or by the bill and what was taken. */
  function creditOf({
    cardNumber,
    accountNumber,
    transactionId,
    asked,
    redemptionId,
    what,
  }: Wish): TillCredit {
    const said = what.kind === 'coupon' ? { rewardId: what.rewardId } : { points: what.points }
    const own = { transactionId: newTransaction() }
    const way = chance.weigh({
      redemption: redemptionId ? 2 : 0,
      transaction: transactionId && asked.size === 1 ? 2 : 0,
      bill: 1,
    })
    if (way === 'bill') return { cardNumber, accountNumber, ...said, ...own }
    const named = way === 'redemption' ? { redemptionId } : { originalTransactionId: transactionId }
    return { cardNumber, ...named, ...(chance.isHit(0.5) && said), ...(chance.isHit(0.5) && own) }
  }

  function nextStep({ belief, what }: Wish, heard: Heard) {
    if (belief === 'taken') return chance.weigh({ leave: 5, repeat: 1, credit: 4, again: 0 })
    if (heard.kind === 'refused') return chance.weigh({ leave: 9, repeat: 1, credit: 0, again: 0 })
    if (heard.kind === 'ok') return chance.weigh({ leave: 8, repeat: 1, credit: 1, again: 0 })
    return chance.weigh({ leave: 1, repeat: 5, credit: 2, again: what.kind === 'coupon' ? 1 : 0 })
  }

  return {
    newTransaction,
    async redeem(wish: Wish, signal: AbortSignal): Promise<void> {
      let heard = await debit(wish)
      let asksBack: TillCredit | undefined
      for (let steps = 0; steps < maxSteps; steps++) {
        const next = nextStep(wish, heard)
        if (next === 'leave') return
        if (!(await pauseUntil(signal, chance.int(0, heard.kind === 'ok' ? 100 : 1_500)))) return
        if (next === 'credit') {
          if (!asksBack || chance.isHit(0.3)) asksBack = creditOf(wish)
          heard = await credit(wish, asksBack)
          continue
        }
        // The operator presses the button again: a new transaction for the same reward on the same bill.
        if (next === 'again') wish.transactionId = newTransaction()
        heard = await debit(wish)
        asksBack = undefined
      }
    },
  }
}
