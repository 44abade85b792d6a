import { expect } from 'chai'
import { dialects } from '../simulators/till/dialects.ts'
import { useRealSockets } from '../support/real-sockets.ts'
import { demo, openCounter } from './counter.ts'

describe('a whole checkout', () => {
  useRealSockets()

  for (const dialect of dialects)
    it(`in ${dialect.name}`, async () => {
      const counter = await openCounter()
      const till = counter.openTill({ dialect })
      const card = { cardNumber: demo.cards.anna, accountNumber: '4711' }
      try {
        expect((await till.balance(card)).reply).to.deep.include({
          response: 'OK',
          member: { name: 'Anna K.' },
          points: 1250,
        })
        const coupon = await till.debit({ ...card, transactionId: '1', rewardId: demo.coupons.coffee })
        expect(coupon.reply.reward).to.include({ id: demo.coupons.coffee })
        expect(
          (await till.credit({ ...card, transactionId: '2', redemptionId: coupon.reply.redemptionId! })).reply
            .response,
        ).to.equal('OK')
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
        expect(counter.core.violations).to.deep.equal([])
        expect(counter.core.points(demo.cards.anna)).to.equal(1250)
      } finally {
        await counter.close()
      }
    })
})
