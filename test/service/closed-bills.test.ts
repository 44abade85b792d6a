import { expect } from 'chai'
import { readJournal } from '../support/read-journal.ts'
import { useRealSockets } from '../support/real-sockets.ts'
import { demo, openCounter, takeCoffee, takePoints, type Counter } from './counter.ts'

describe('rewards', () => {
  useRealSockets()
  let counter: Counter
  beforeEach(async () => (counter = await openCounter()))
  afterEach(() => counter.close())

  const { anna, ben } = demo.cards
  const { coffee } = demo.coupons
  const { transactionId: _, ...unnamedCoffee } = takeCoffee
  const closedBill = (more: object = {}) => ({
    ticketId: 'B-77',
    accountNumber: 'A-1',
    cardNumber: anna,
    closedAt: new Date(),
    total: 12.5,
    currency: 'GBP',
    ...more,
  })
  const close = async (more: object = {}) => {
    const { reply } = await counter.till.ticket(closedBill(more))
    expect(reply).to.include({ response: 'OK' })
  }
  const couponsByTicket = async () => {
    const waiting = await readJournal(counter.service, (journal) => journal.waitingTickets(100))
    return waiting.map(({ closed }) => [closed.ticket.ticketId, closed.coupons])
  }
  const redeems = () => counter.core.calls.filter(({ operation }) => operation === 'redeem').length

  // The coupon was given away: for sixty days its bill got OK from the journal, though the guest had it back.
  describe('that are debited again after their bill was closed', () => {
    for (const [what, debit] of [
      ['under another transaction id', { ...takeCoffee, transactionId: 'T-2' }],
      ['without a transaction id', unnamedCoffee],
    ] as const)
      it(`are asked for at the core if customer care has given them back, ${what}`, async () => {
        const first = await counter.till.debit('transactionId' in debit ? takeCoffee : unnamedCoffee)
        await close()
        counter.core.restoreByHand(coffee)
        const second = await counter.till.debit(debit)
        expect(second.headers).to.not.have.property('x-idempotent-replayed')
        expect(second.reply).to.include({ response: 'OK' })
        expect(second.reply.redemptionId).to.not.equal(first.reply.redemptionId)
        expect(counter.core.coupon(coffee)?.status).to.equal('redeemed')
        expect(redeems()).to.equal(2)
      })

    it('are refused by the core if nobody has given them back', async () => {
      await counter.till.debit(takeCoffee)
      await close()
      const { reply } = await counter.till.debit({ ...takeCoffee, transactionId: 'T-2' })
      expect(reply.code).to.equal('REWARD_ALREADY_REDEEMED')
    })
  })

  it('get the first OK again while the bill is open, and after that under the same transaction id', async () => {
    await counter.till.debit(takeCoffee)
    const open = await counter.till.debit({ ...takeCoffee, transactionId: 'T-2' })
    await close()
    const repeated = await counter.till.debit(takeCoffee)
    for (const { headers } of [open, repeated])
      expect(headers).to.have.property('x-idempotent-replayed', 'true')
    expect(redeems()).to.equal(1)
  })

  // Tills cut off seconds or minutes, and their clocks are wrong: the event had no coupons.
  for (const [what, differsByMs] of [
    ['cut to the minute', -59_999],
    ['nine minutes slow', -9 * 60_000],
    ['nine minutes fast', 9 * 60_000],
  ] as const)
    it(`go out with a ticket whose clock is ${what}`, async () => {
      await counter.till.debit(takeCoffee)
      const closedAt = new Date(Date.now() + differsByMs)
      await close({ closedAt, openedAt: closedAt })
      expect(await couponsByTicket()).to.deep.equal([['B-77', [coffee]]])
    })

  it('do not go out with a ticket whose clock is eleven minutes slow, unless it names them', async () => {
    const { reply } = await counter.till.debit(takeCoffee)
    const closedAt = new Date(Date.now() - 11 * 60_000)
    await close({ closedAt })
    await close({ closedAt, ticketId: 'B-78', redemptions: [{ redemptionId: reply.redemptionId }] })
    expect(await couponsByTicket()).to.deep.equal([
      ['B-77', []],
      ['B-78', [coffee]],
    ])
  })

  it('do not go out once they were given back, whichever of their names the ticket has', async () => {
    const { reply } = await counter.till.debit(takeCoffee)
    const { redemptionId } = reply
    const credit = { cardNumber: anna, accountNumber: 'A-1', redemptionId }
    expect((await counter.till.credit(credit)).reply).to.include({ response: 'OK' })
    await close({ ticketId: 'B-1', redemptions: [{ redemptionId }] })
    await close({ ticketId: 'B-2', redemptions: [{ rewardId: coffee }] })
    await close({ ticketId: 'B-3', redemptions: [{ redemptionId: 'of another system', rewardId: coffee }] })
    expect((await couponsByTicket()).map(([, coupons]) => coupons)).to.deep.equal([[], [], []])
  })

  it('go out with one ticket whose clock is eleven minutes slow if their reward is named', async () => {
    await counter.till.debit(takeCoffee)
    const closedAt = new Date(Date.now() - 11 * 60_000)
    for (const ticketId of ['B-1', 'B-2'])
      await close({ ticketId, closedAt, redemptions: [{ rewardId: coffee }] })
    expect(await couponsByTicket()).to.deep.equal([
      ['B-1', [coffee]],
      ['B-2', []],
    ])
  })

  it('go out with the first part of a split bill alone, and with it again when it is reopened', async () => {
    await counter.till.debit(takeCoffee)
    for (const [ticketId, total] of [
      ['B-1', 10],
      ['B-2', 10],
      ['B-3', 10],
      ['B-1', 9],
    ] as const)
      await close({ ticketId, total })
    expect(await couponsByTicket()).to.deep.equal([
      ['B-1', [coffee]],
      ['B-2', []],
      ['B-3', []],
      ['B-1', [coffee]],
    ])
  })

  it('go out with another ticket once the first is void', async () => {
    await counter.till.debit(takeCoffee)
    await close({ ticketId: 'B-1' })
    await close({ ticketId: 'B-1', isVoid: true })
    await close({ ticketId: 'B-2' })
    expect((await couponsByTicket()).map(([, coupons]) => coupons)).to.deep.equal([
      [coffee],
      [coffee],
      [coffee],
    ])
  })

  it('go out with their own bill if its number is used again the next day', async () => {
    await counter.till.debit(takeCoffee)
    await close({ businessDate: '2026-11-22' })
    await close({ businessDate: '2026-11-23' })
    expect((await couponsByTicket()).map(([, coupons]) => coupons)).to.deep.equal([[coffee], []])
  })

  describe('when the guests have moved to another table', () => {
    it('are given back to the bill that they are on now, by either of their names', async () => {
      const names = [(redemptionId?: string) => ({ redemptionId }), () => ({ originalTransactionId: 'T-1' })]
      for (const [index, name] of names.entries()) {
        const transactionId = index === 0 ? 'T-0' : 'T-1'
        const { reply } = await counter.till.debit({ ...takeCoffee, transactionId })
        const credit = { cardNumber: anna, accountNumber: 'A-9', transactionId: `C-${index}` }
        for (let times = 0; times < 2; times++)
          expect((await counter.till.credit({ ...credit, ...name(reply.redemptionId) })).reply).to.include({
            response: 'OK',
            redemptionId: reply.redemptionId,
          })
        expect(counter.core.coupon(coffee)?.status).to.equal('activated')
      }
    })

    it('go out with the ticket that names them', async () => {
      const { reply } = await counter.till.debit(takeCoffee)
      await close({ accountNumber: 'A-9', redemptions: [{ redemptionId: reply.redemptionId }] })
      expect(await couponsByTicket()).to.deep.equal([['B-77', [coffee]]])
    })

    it('go out with one ticket that names them, also in capitals', async () => {
      const { reply } = await counter.till.debit(takeCoffee)
      const inCapitals = reply.redemptionId?.toUpperCase()
      for (const [ticketId, redemptionId] of [
        ['B-1', inCapitals],
        ['B-2', reply.redemptionId],
        ['B-3', inCapitals],
      ])
        await close({ accountNumber: 'A-9', ticketId, redemptions: [{ redemptionId }] })
      expect(await couponsByTicket()).to.deep.equal([
        ['B-1', [coffee]],
        ['B-2', []],
        ['B-3', []],
      ])
    })

    it('do not go to another card, even if its ticket names them in capitals', async () => {
      const { reply } = await counter.till.debit(takeCoffee)
      const redemptionId = reply.redemptionId?.toUpperCase()
      await close({ cardNumber: ben, redemptions: [{ redemptionId, rewardId: coffee }] })
      expect(await couponsByTicket()).to.deep.equal([['B-77', []]])
    })

    it('do not go to another card, even if its ticket names them', async () => {
      const { reply } = await counter.till.debit(takeCoffee)
      await close({ cardNumber: ben, redemptions: [{ redemptionId: reply.redemptionId, rewardId: coffee }] })
      expect(await couponsByTicket()).to.deep.equal([['B-77', []]])
    })
  })

  it('are not given back in another amount, and the refusal does not say that nothing was taken', async () => {
    await counter.till.debit(takePoints)
    const { status, reply } = await counter.till.credit({
      cardNumber: anna,
      originalTransactionId: 'P-1',
      points: 100,
    })
    expect([status, reply.code, reply.retry]).to.deep.equal([200, 'CREDIT_DIFFERS', false])
    expect(JSON.stringify(reply)).to.not.match(/no reward|nothing|not taken/i)
    expect(counter.core.points(anna)).to.equal(1050)
  })
})
