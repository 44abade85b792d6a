import type { CoreSimulator } from '../simulators/core.ts'
import { demo } from '../simulators/core/demo-project.ts'
import type { Till, TillAnswer } from '../simulators/till.ts'
import type { Operation, TillTicket } from '../simulators/till/messages.ts'

export type Step = {
  story: string
  operation: Operation
  play: (till: Till, before: TillAnswer | undefined) => Promise<TillAnswer>
  /** What must be true now, at the till and in the core. */
  claims: (answer: TillAnswer, core: CoreSimulator) => Record<string, boolean>
}

const { anna: cardNumber } = demo.cards
const { coffee, cake } = demo.coupons
const accountNumber = '4711'
const bill = { cardNumber, accountNumber, terminalId: '7', staffId: '42' }

/** A guest's evening: every message that a till sends, once. */
export const checkout: Step[] = [
  {
    story: 'Anna shows her card.',
    operation: 'balance',
    play: (till) => till.balance(bill),
    claims: ({ reply }) => ({
      'the operator sees "Anna K." and no more of her name': reply.member?.name === 'Anna K.',
      'she has 1,250 points': reply.points === 1250,
      'the coffee is on the list': reply.rewards?.some(({ id }) => id === coffee) ?? false,
      'what has expired is not': !reply.rewards?.some(({ id }) => id === demo.coupons.expired),
    }),
  },
  {
    story: 'She would like her free coffee.',
    operation: 'debit',
    play: (till) => till.debit({ ...bill, transactionId: 'T-1', rewardId: coffee }),
    claims: ({ reply }, core) => ({
      'the till knows which promotion to ring up': reply.reward?.entityCode === '10000000123',
      'the coupon is redeemed': core.coupon(coffee)?.status === 'redeemed',
    }),
  },
  {
    story: 'She changes her mind. The operator cancels the prize.',
    operation: 'credit',
    play: (till, before) =>
      till.credit({ ...bill, transactionId: 'T-2', redemptionId: before?.reply.redemptionId }),
    claims: (_, core) => ({ 'she has her coupon back': core.coupon(coffee)?.status === 'activated' }),
  },
  {
    story: 'She pays with 200 points instead.',
    operation: 'debit',
    play: (till) => till.debit({ ...bill, transactionId: 'T-3', points: 200 }),
    claims: ({ reply }, core) => ({
      'the till hears of 200 points taken': reply.pointsTaken === 200,
      '1,050 points are left': core.points(cardNumber) === 1050 && reply.points === 1050,
    }),
  },
  {
    story: 'No, she would rather save them.',
    operation: 'credit',
    play: (till) => till.credit({ ...bill, transactionId: 'T-4', originalTransactionId: 'T-3' }),
    claims: ({ reply }, core) => ({
      'the till hears of 200 points returned': reply.pointsReturned === 200,
      'all 1,250 points are there again': core.points(cardNumber) === 1250,
    }),
  },
  {
    story: 'It is her birthday: the cake it is.',
    operation: 'debit',
    play: (till) => till.debit({ ...bill, transactionId: 'T-5', rewardId: cake }),
    claims: (_, core) => ({ 'the coupon is redeemed': core.coupon(cake)?.status === 'redeemed' }),
  },
  {
    story: 'She pays, and the bill is closed.',
    operation: 'ticket',
    play: (till, before) => till.ticket(closedBill(before?.reply.redemptionId)),
    claims: ({ reply }, core) => ({
      'the ticket is accepted': reply.accepted === true && reply.duplicate === false,
      'she keeps points and coffee':
        core.points(cardNumber) === 1250 && core.coupon(coffee)?.status === 'activated',
      'the adapter kept to the contract of the core': core.violations.length === 0,
    }),
  },
]

/** @param redemptionId of the cake */
function closedBill(redemptionId: string | undefined): TillTicket {
  const closedAt = new Date()
  return {
    ...bill,
    ticketId: 'B-77',
    openedAt: new Date(closedAt.getTime() - 40 * 60_000),
    closedAt,
    currency: 'GBP',
    covers: 2,
    items: [
      { id: '10000000501', name: 'Sunday roast', quantity: 1, unitPrice: 16.5, total: 16.5, tax: 2.75 },
      { id: '10000000502', name: 'Lemonade', quantity: 2, unitPrice: 2.8, total: 5.6, tax: 0.93 },
      { id: '10000000124', name: 'Birthday cake', quantity: 1, unitPrice: 4.5, total: 0, discount: 4.5 },
    ],
    payments: [{ type: 'Card', amount: 22.1 }],
    redemptions: [{ rewardId: cake, ...(redemptionId && { redemptionId }) }],
    total: 22.1,
  }
}
