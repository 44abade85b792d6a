import { expect } from 'chai'
import { demo, type Counter } from '../service/counter.ts'
import type { Till } from '../simulators/till.ts'

/** A coupon and points are taken and given back, and the bill is closed: in any wording the till hears the same. */
export async function checkout(till: Till, { core }: Pick<Counter, 'core'>) {
  const card = { cardNumber: demo.cards.anna, accountNumber: '4711' }
  expect((await till.balance(card)).reply).to.deep.include({
    response: 'OK',
    member: { name: 'Anna K.' },
    points: 1250,
  })
  const coupon = await till.debit({ ...card, transactionId: '1', rewardId: demo.coupons.coffee })
  expect(coupon.reply.reward).to.include({ id: demo.coupons.coffee })
  const { redemptionId } = coupon.reply
  const credit = await till.credit({ ...card, transactionId: '2', redemptionId: redemptionId! })
  expect(credit.reply.response).to.equal('OK')
  expect((await till.debit({ ...card, transactionId: '3', points: 200 })).reply.points).to.equal(1050)
  expect((await till.credit({ ...card, transactionId: '4', points: 200 })).reply.points).to.equal(1250)
  const ticket = await till.ticket({
    ...card,
    ticketId: '77',
    closedAt: new Date(),
    total: 12.5,
    currency: 'GBP',
    items: [{ id: '9007199254740993', total: 12.5 }],
  })
  expect(ticket.reply).to.include({ accepted: true, ticketId: '77' })
  expect(core.violations).to.deep.equal([])
  expect(core.points(demo.cards.anna)).to.equal(1250)
}
