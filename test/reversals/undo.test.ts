import { expect } from 'chai'
import { demo, openCounter, takeCoffee, takePoints, type Counter } from '../service/counter.ts'
import { basic } from '../simulators/till/encode.ts'
import { useRealSockets } from '../support/real-sockets.ts'

/** Settling takes seconds, as the rules say; what is awaited is the call or the line, never the clock. */
describe('a redemption in doubt', () => {
  useRealSockets()
  let counter: Counter
  beforeEach(async function () {
    this.timeout(20_000)
    counter = await openCounter()
  })
  afterEach(() => counter.close())

  const { anna } = demo.cards
  const undone = () => counter.service.line(({ msg, state }) => msg === 'undo' && state === 'reversed')

  it('is undone after its answer was lost, and the reward can be taken again', async function () {
    this.timeout(20_000)
    counter.core.faults.next({ operation: 'debit', kind: 'reset', when: 'after' })
    expect((await counter.till.debit(takePoints)).reply.code).to.equal('NOT_REDEEMED')
    expect(counter.core.points(anna)).to.equal(1050)
    await undone()
    expect(counter.core.points(anna)).to.equal(1250)
    expect((await counter.till.balance({ cardNumber: anna })).reply.points).to.equal(1250)
    const again = await counter.till.debit(takePoints)
    expect(again.reply).to.include({ response: 'OK', points: 1050 })
    expect(counter.core.violations).to.deep.equal([])
  })

  it('is undone where the till gave up before its OK', async function () {
    this.timeout(30_000)
    await counter.till.balance({ cardNumber: anna })
    const fault = counter.core.faults.next({ operation: 'redeem', kind: 'hang' })
    const giveUp = new AbortController()
    const headers = {
      'content-type': 'application/json',
      authorization: basic({ venueId: demo.venueId, apiKey: demo.apiKey }),
    }
    const body = JSON.stringify(takeCoffee)
    const debit = fetch(`${counter.service.url}/debit`, {
      method: 'POST',
      headers,
      body,
      signal: giveUp.signal,
    }).catch(() => 'gave up')
    await fault.reached
    giveUp.abort()
    expect(await debit).to.equal('gave up')
    fault.release()
    await undone()
    expect(counter.core.coupon(demo.coupons.coffee)?.status).to.equal('activated')
  })

  it('is asked for again and again while the core is away, and settled when it is back', async function () {
    this.timeout(30_000)
    counter.core.faults.next({ operation: 'redeem', kind: '500', when: 'after' })
    await counter.till.debit(takeCoffee)
    await counter.core.goAway()
    await counter.service.line(({ msg, outcome }) => msg === 'undo' && outcome !== 'done')
    await counter.core.comeBack()
    await undone()
    expect(counter.core.coupon(demo.coupons.coffee)?.status).to.equal('activated')
  })

  it('of a credit is repeated until it is done, never reversed', async function () {
    this.timeout(20_000)
    await counter.till.debit(takeCoffee)
    counter.core.faults.next({ operation: 'restore', kind: '500' })
    const credit = { cardNumber: anna, originalTransactionId: 'T-1', transactionId: 'C-1' }
    expect((await counter.till.credit(credit)).reply.code).to.equal('NOT_GIVEN_BACK_YET')
    await counter.service.line(({ msg, state }) => msg === 'undo' && state === 'credited')
    expect(counter.core.coupon(demo.coupons.coffee)?.status).to.equal('activated')
    expect((await counter.till.credit(credit)).reply.response).to.equal('OK')
  })

  it('has its card to itself while it is undone: a credit of the till waits, and asks the core nothing', async function () {
    this.timeout(20_000)
    await counter.close()
    counter = await openCounter({ POS_DEADLINE_MS: '800' })
    await counter.till.balance({ cardNumber: anna })
    counter.core.faults.next({ operation: 'redeem', kind: '500', when: 'after' })
    expect((await counter.till.debit(takeCoffee)).reply.code).to.equal('NOT_REDEEMED')
    const undo = counter.core.faults.next({ operation: 'restore', kind: 'hang' })
    await undo.reached
    const credit = { cardNumber: anna, originalTransactionId: 'T-1' }
    expect((await counter.till.credit(credit)).reply.code).to.equal('NOT_GIVEN_BACK_YET')
    const settled = undone()
    undo.release()
    await settled
    expect((await counter.till.credit(credit)).reply.response).to.equal('OK')
    expect(counter.core.calls.filter(({ path }) => path.endsWith('/coupon/restore'))).to.have.length(1)
    expect(counter.core.coupon(demo.coupons.coffee)?.status).to.equal('activated')
  })
})
