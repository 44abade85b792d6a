import type { Chance } from './chance.ts'
import type { Figures } from './figures.ts'
import type { Bill, Wish } from './memory.ts'
import { pauseUntil } from './pause.ts'
import { couponsOf } from './project.ts'
import { createRedeeming } from './redeeming.ts'
import type { MeasuredTill } from './till.ts'

export const couponsOfCard = 30

/** Cards that many tills want at once. */
const busyCards = 5

type Parts = {
  name: string
  till: MeasuredTill
  cards: string[]
  chance: Chance
  figures: Figures
  isExcused: (wish: Wish) => boolean
}

/** A till with a queue of guests before it, and one of closed bills that are not accepted yet. */
export function createCounter({ name, till, cards, chance, figures, isExcused }: Parts) {
  const wishes: Wish[] = []
  const bills: Bill[] = []
  const { redeem, newTransaction } = createRedeeming({ till, chance, figures, isExcused })
  let guests = 0

  function wish(cardNumber: string, accountNumber: string): Wish {
    const kind = chance.weigh({ points: 3, coupon: 3, 'coupon without transaction': 1 })
    const made: Wish = {
      venueId: till.venueId,
      cardNumber,
      accountNumber,
      what:
        kind === 'points'
          ? { kind, points: chance.int(1, 50) }
          : { kind: 'coupon', rewardId: chance.pick(couponsOf(cardNumber, couponsOfCard)) },
      transactionId: kind === 'coupon without transaction' ? undefined : newTransaction(),
      asked: new Set(),
      belief: 'not taken',
      oks: [],
    }
    wishes.push(made)
    return made
  }

  function close(given: Wish | undefined, cardNumber: string, accountNumber: string) {
    const isCardKnown = chance.isHit(0.9)
    const bill: Bill = {
      till: name,
      venueId: till.venueId,
      ticketId: `${name}-${guests}`,
      cardNumber: isCardKnown ? cardNumber : undefined,
      accountNumber,
      closedAt: new Date(),
      totalMinor: chance.int(100, 9_999),
      coupon: isCardKnown && given ? couponGiven(given) : undefined,
      wish: given,
      isAccepted: false,
    }
    bills.push(bill)
    // Reopened, and closed again.
    if (chance.isHit(0.1)) bills.push({ ...bill, closedAt: new Date(), totalMinor: bill.totalMinor + 1 })
  }

  /** In their order: what is not accepted yet holds up what comes after it. @returns whether none is left */
  async function deliver(): Promise<boolean> {
    for (const bill of bills) {
      if (bill.isAccepted) continue
      const { ticketId, cardNumber, accountNumber, closedAt, totalMinor } = bill
      const message = { ticketId, accountNumber, closedAt, total: totalMinor / 100, currency: 'GBP' }
      const hangUpAfterMs = chance.isHit(0.1) ? chance.int(1, 100) : undefined
      const heard = await till.ticket({ ...message, ...(cardNumber && { cardNumber }) }, hangUpAfterMs)
      if (heard.kind !== 'ok') return false
      bill.isAccepted = true
    }
    return true
  }

  async function serve(signal: AbortSignal) {
    guests += 1
    const cardNumber = chance.pick(chance.isHit(0.4) ? cards.slice(0, busyCards) : cards)
    const accountNumber = `${name}/${guests}`
    if (chance.isHit(0.6)) await till.balance({ cardNumber })
    const wanted = chance.isHit(0.9) ? wish(cardNumber, accountNumber) : undefined
    if (wanted) await redeem(wanted, signal)
    if (chance.isHit(0.9)) close(wanted, cardNumber, accountNumber)
    await deliver()
  }

  return {
    wishes,
    bills,
    async open(signal: AbortSignal): Promise<void> {
      while (await pauseUntil(signal, chance.int(0, 120))) await serve(signal)
    },
    deliver,
  }
}

function couponGiven({ what, belief }: Wish): string | undefined {
  return what.kind === 'coupon' && belief === 'taken' ? what.rewardId : undefined
}
