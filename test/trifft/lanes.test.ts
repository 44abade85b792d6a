import { expect } from 'chai'
import nock from 'nock'
import type { CoreClient } from '../../src/trifft/client.ts'
import { createVenues } from '../../src/trifft/venues.ts'
import type { Operation } from '../../src/model/words.ts'
import { createExchange, type Exchange } from '../../src/exchange.ts'
import { budgetAt, turn } from './claims.ts'
import { caller, cardNumber, coreOrigin, exchangeWith, failureOf, order } from './setup.ts'

type Row = {
  what: string
  lane: string
  /** What must be left of the till's patience for a call that has waited. */
  minLeftMs: number
  message?: Operation
  isBackground?: boolean
  call: (client: CoreClient, exchange: Exchange) => Promise<unknown>
}

const check: Row['call'] = (client, exchange) =>
  client.findVenue(caller.credentials, exchange, { wasApproved: true })
const strangerCheck: Row['call'] = (client, exchange) =>
  client.findVenue(caller.credentials, exchange, { wasApproved: false })
const coupon = { ...order, rewardId: 'uc-1' }
const points = { ...order, points: 200 }

// A call takes 200 ms and our answer 100 ms; a debit takes 500 ms; a venue check leaves time for the call after it.
const rows: Row[] = [
  { what: 'a restore', lane: 'credit', minLeftMs: 300, call: (c, e) => c.restoreCoupon(coupon, e) },
  {
    what: 'points given back',
    lane: 'credit',
    minLeftMs: 300,
    call: (c, e) => c.givePointsBack(points, e),
  },
  {
    what: 'an undo of a coupon',
    lane: 'undo',
    minLeftMs: 300,
    isBackground: true,
    call: (c, e) => c.restoreCoupon(coupon, e),
  },
  {
    what: 'an undo of points',
    lane: 'undo',
    minLeftMs: 300,
    isBackground: true,
    call: (c, e) => c.givePointsBack(points, e),
  },
  { what: 'a redeem', lane: 'debit', minLeftMs: 500, call: (c, e) => c.redeemCoupon(coupon, e) },
  { what: 'points taken', lane: 'debit', minLeftMs: 500, call: (c, e) => c.takePoints(points, e) },
  {
    what: 'both calls of a balance',
    lane: 'balance',
    minLeftMs: 300,
    call: (c, e) => c.claimBalance(caller, cardNumber, e),
  },
  { what: "a credit's venue check", lane: 'credit', minLeftMs: 500, message: 'credit', call: check },
  { what: "a debit's venue check", lane: 'debit', minLeftMs: 700, message: 'debit', call: check },
  { what: "a balance's venue check", lane: 'balance', minLeftMs: 500, message: 'balance', call: check },
  { what: "a ticket's venue check", lane: 'balance', minLeftMs: 500, message: 'ticket', call: check },
  // Strangers' checks went in the lane of the message that they claimed to be, and took the slots kept for credits.
  ...(['credit', 'ticket', 'balance'] as const).map((message) => ({
    what: `a stranger's venue check as a ${message}`,
    lane: 'stranger',
    minLeftMs: 500,
    message,
    call: strangerCheck,
  })),
  {
    what: "a stranger's venue check as a debit",
    lane: 'stranger',
    minLeftMs: 700,
    message: 'debit',
    call: strangerCheck,
  },
]

describe('a call that finds no slot', () => {
  /** All slots are taken, and free again in a second. */
  async function spent() {
    const parts = budgetAt()
    await parts.use('credit', 48)
    await parts.pass(9_000)
    return parts
  }

  for (const { what, lane, minLeftMs, message, isBackground, call } of rows) {
    it(`(${what}) waits in the lane "${lane}", until ${minLeftMs} ms are left`, async () => {
      const { budget, client, clock, metrics } = await spent()
      const ask = (leftMs: number) => {
        const exchange = createExchange(clock, leftMs, { isBackground })
        exchange.message = message
        return call(client, exchange)
      }
      expect(await failureOf(ask(1_000 + minLeftMs - 1)), 'refused at once').to.include({
        code: 'CORE_BUSY',
      })
      expect((await metrics.page()).body).to.include(
        `zonal_core_slot_refusals_total{lane="${lane}",reason="no_slot"} 1`,
      )
      const waiting = failureOf(ask(1_000 + minLeftMs))
      await turn()
      expect(budget.stats().waiting.find(({ count }) => count > 0)).to.deep.equal({ lane, count: 1 })
      await budget.close()
      await waiting
    })
  }

  it('has its waiting time in the log line, and in the metric of its lane', async () => {
    const { client, clock, metrics, pass } = await spent()
    const exchange = exchangeWith(clock)
    nock(coreOrigin).post('/v1/card/URCARD123/points/debit').reply(200, { balance: 1050 })
    const waiting = client.takePoints({ ...order, points: 200 }, exchange)
    await pass(1_000)
    await waiting
    expect(exchange.facts.coreWaitMs).to.equal(1_000)
    expect(exchange.facts.coreCalls[0]).to.include({ outcome: 'done', durationMs: 0 })
    expect((await metrics.page()).body).to.include(
      'zonal_core_slot_wait_duration_seconds_sum{lane="debit"} 1\n',
    )
  })

  it('waits in the last lane if it renews an approval in the background', async () => {
    const { clock, timers, config, client, journal, log, metrics, pass, use } = budgetAt({
      VENUE_FRESH_MS: '1',
    })
    const { approve } = createVenues(config, { client, journal, clock, timers, metrics, log })
    nock(coreOrigin)
      .get('/v1/venue?param=aztecVenueId:1902')
      .reply(200, [{ id: '5b1e', params: { aztecVenueId: '1902' } }])
    await approve(caller.credentials, exchangeWith(clock))
    await pass(10)
    await use('credit', 48)
    expect(await approve(caller.credentials, exchangeWith(clock))).to.include({ coreId: '5b1e' })
    await turn()
    expect((await metrics.page()).body).to.include(
      'zonal_core_slot_refusals_total{lane="refresh",reason="no_slot"} 1',
    )
  })

  it('is refused by the breaker, if that is open, before it asks for a slot', async () => {
    const { client, clock, use } = budgetAt()
    nock(coreOrigin).get('/v1/card/URCARD123').times(10).reply(503)
    for (let call = 0; call < 10; call++)
      await failureOf(client.readCard(caller, cardNumber, exchangeWith(clock)))
    await use('credit', 48)
    for (const call of [
      client.readCard(caller, cardNumber, exchangeWith(clock)),
      client.claimBalance(caller, cardNumber, exchangeWith(clock)),
    ])
      expect(await failureOf(call)).to.include({ message: 'readCard: not sent (breaker)' })
  })
})
