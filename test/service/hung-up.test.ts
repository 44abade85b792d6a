import { expect } from 'chai'
import { useRealSockets } from '../support/real-sockets.ts'
import { demo, openCounter, takeCoffee, type Counter } from './counter.ts'

/**
 * Story: a credit lay unread at a replica that was frozen. Its till gave up, asked another replica for the reward again,
 * and heard OK. Then the replica woke, read the credit, and gave the reward back that the guest had.
 */
describe('a till that hangs up before its message is begun', () => {
  useRealSockets()
  let counter: Counter
  beforeEach(async () => {
    // So that each message first asks the core about its venue.
    counter = await openCounter({ VENUE_FRESH_MS: '0', VENUE_STALE_MS: '1' })
  })
  afterEach(() => counter.close())

  it('gets no credit any more, so that what it hears afterwards stays true', async () => {
    const { till, core, moves } = counter
    expect((await till.debit(takeCoffee)).reply).to.include({ response: 'OK' })
    const { unheardCode } = await hangUp((gone) =>
      gone.credit({ cardNumber: demo.cards.anna, originalTransactionId: 'T-1' }),
    )
    expect(unheardCode).to.equal('TRY_AGAIN_SHORTLY')
    expect((await till.debit(takeCoffee)).reply).to.include({ response: 'OK' })
    expect(core.coupon(demo.coupons.coffee)?.status).to.equal('redeemed')
    expect(moves()).to.have.length(1)
  })

  it('gets no debit any more, which would have to be undone', async () => {
    const { unheardCode } = await hangUp((gone) => gone.debit(takeCoffee))
    expect(unheardCode).to.equal('TRY_AGAIN_SHORTLY')
    expect(counter.moves()).to.deep.equal([])
    expect((await counter.till.debit(takeCoffee)).reply).to.include({ response: 'OK' })
  })

  it('has its ticket taken all the same', async () => {
    const bill = { ticketId: 'B-1', closedAt: new Date(), total: 1, currency: 'GBP' }
    const { unheardCode } = await hangUp((gone) => gone.ticket(bill))
    expect(unheardCode).to.equal('OK')
  })

  /** @returns the log line of its message */
  async function hangUp(ask: (till: Counter['till']) => Promise<unknown>) {
    const fault = counter.core.faults.next({ operation: 'venue', kind: 'hang' })
    const gone = ask(counter.openTill({ patienceMs: 300 })).catch((error: Error) => error.name)
    await fault.reached
    expect(await gone).to.equal('TimeoutError')
    // By its answer the service has noticed who had gone before.
    await fetch(counter.service.url)
    fault.release()
    return await counter.service.line(({ code }) => code === 'HUNG_UP')
  }
})
