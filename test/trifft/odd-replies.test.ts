import { expect } from 'chai'
import nock from 'nock'
import {
  caller,
  cardNumber,
  coreOrigin,
  coreParts,
  everyCall,
  exchangeWith,
  failureOf,
  order,
} from './setup.ts'

const member = { first_name: 'Anna', last_name: 'Kovac', is_blocked: false }
const coupon = { name: 'Free coffee', params: { aztecEntityCode: '10000000123' } }
const good = { id: 'good', status: 'activated', coupon }

/** One call against one reply: its result, the unread fields in the exchange's facts, and the metrics. */
async function readReply(name: string, body: nock.Body) {
  const { client, clock, metrics } = coreParts()
  const exchange = exchangeWith(clock)
  const made = everyCall.find((each) => each.name === name)
  if (!made) throw new Error(`no call is named ${name}`)
  nock(coreOrigin).intercept(made.path, made.method).reply(200, body)
  const value = await made.call(client, exchange)
  await client.close()
  const { unread } = exchange.facts.coreCalls[0] ?? {}
  return { value, unread, page: (await metrics.page()).body }
}

describe('a reply of the core with something that cannot be read', () => {
  const cards: [what: string, card: object, member: object, unread: string[] | undefined][] = [
    ['wallet and tier as empty maps of PHP', { member, wallet: [], tier: [] }, {}, undefined],
    ['points as text', { member, wallet: { points: '267' } }, { points: 267 }, undefined],
    ['a fraction of a point', { member, wallet: { points: 267.39 } }, { points: 267 }, undefined],
    ['a fraction of a point as text', { member, wallet: { points: '267.99' } }, { points: 267 }, undefined],
    [
      'a rounding error below a whole point',
      { member, wallet: { points: 266.99999999999997 } },
      { points: 267 },
      undefined,
    ],
    ['a negative fraction of a point', { member, wallet: { points: -0.5 } }, {}, ['wallet']],
    ['negative points as text', { member, wallet: { points: '-200' } }, {}, ['wallet']],
    ['a rounding error below zero', { member, wallet: { points: -1e-9 } }, { points: 0 }, undefined],
    ['points that are no number', { member, wallet: { points: 'many' } }, {}, ['wallet']],
    ['more points than a number holds', { member, wallet: { points: 1e300 } }, {}, ['wallet']],
    [
      'a tier without a name',
      { member, tier: { name: null }, wallet: { points: 5 } },
      { points: 5 },
      ['tier'],
    ],
    [
      'a first name that is not text',
      { member: { ...member, first_name: 7 } },
      { name: undefined },
      ['member.first_name'],
    ],
    [
      'a last name that is not text',
      { member: { ...member, last_name: ['K'] } },
      { name: 'Anna' },
      ['member.last_name'],
    ],
    ['a member without is_blocked', { member: { ...member, is_blocked: undefined } }, {}, undefined],
    ['an odd is_blocked', { member: { ...member, is_blocked: 'perhaps' } }, {}, ['member.is_blocked']],
    ...[1, '1', 'true'].map((is_blocked): [string, object, object, undefined] => [
      `a block as ${JSON.stringify(is_blocked)}`,
      { member: { ...member, is_blocked } },
      { isBlocked: true },
      undefined,
    ]),
    ...[0, '0', 'false'].map((is_blocked): [string, object, object, undefined] => [
      `no block as ${JSON.stringify(is_blocked)}`,
      { member: { ...member, is_blocked } },
      { isBlocked: false },
      undefined,
    ]),
    [
      'all of these',
      { member: { first_name: 1, last_name: 2, is_blocked: 3 }, tier: 4, wallet: 5 },
      { name: undefined },
      ['member.first_name', 'member.last_name', 'member.is_blocked', 'tier', 'wallet'],
    ],
  ]
  for (const [what, card, expected, unread] of cards)
    it(`still gives a member: ${what}`, async () => {
      const read = await readReply('readCard', card as nock.Body)
      const usual = { name: 'Anna K.', isBlocked: false, program: undefined, points: undefined }
      expect(read.value).to.deep.equal({ ...usual, ...expected })
      expect(read.unread).to.deep.equal(unread)
      for (const field of unread ?? [])
        expect(read.page).to.include(
          `zonal_core_unread_fields_total{operation="readCard",field="${field}"} 1`,
        )
    })

  const oddCoupons: [what: string, odd: unknown, field: string][] = [
    ['no name', { ...good, coupon: { ...coupon, name: null } }, 'coupon.name'],
    ['an expiry that is a date', { ...good, valid_until: '2026-12-24T23:59:59Z' }, 'valid_until'],
    ['an expiry in milliseconds', { ...good, valid_until: 1_798_156_799_000 }, 'valid_until'],
    [
      'a switch that is neither on nor off',
      { ...good, coupon: { ...coupon, is_enabled: 'auto' } },
      'coupon.is_enabled',
    ],
    ['no status', { ...good, status: undefined }, 'status'],
    ['no id', { ...good, id: null }, 'id'],
    ['an id that no till can send', { ...good, id: 'uc 1€' }, 'id'],
    ['no coupon', { ...good, coupon: [] }, 'coupon'],
    ['nothing at all', null, '(whole body)'],
  ]
  for (const [what, odd, field] of oddCoupons)
    it(`gives a list without that coupon, which is counted: ${what}`, async () => {
      const { value, unread, page } = await readReply('readRewards', [odd, good] as nock.Body)
      expect(value).to.deep.equal([
        { id: 'good', name: 'Free coffee', type: 'promotion', entityCode: '10000000123' },
      ])
      expect(unread).to.deep.equal([field])
      expect(page)
        .to.match(/^zonal_rewards_left_out_total 1$/m)
        .and.to.include(`zonal_core_unread_fields_total{operation="readRewards",field="${field}"} 1`)
    })

  it('gives a coupon without its cost, or one that no till can apply, which is left out', async () => {
    const { value, unread, page } = await readReply('readRewards', [
      { ...good, coupon: { ...coupon, points: 'some' } },
      { ...good, id: 7, valid_until: '1798156799', coupon: { ...coupon, points: '200', is_enabled: 1 } },
      { ...good, id: 'pays', coupon: { ...coupon, points: -50 } },
      { ...good, id: 'off', coupon: { ...coupon, is_enabled: '0' } },
      { ...good, id: 'odd-params', coupon: { ...coupon, params: 'aztecEntityCode=1' } },
    ])
    const reward = { id: 'good', name: 'Free coffee', type: 'promotion', entityCode: '10000000123' }
    expect(value).to.deep.equal([
      reward,
      { ...reward, id: '7', cost: 200, expires: '2026-12-24T23:59:59Z' },
      { ...reward, id: 'pays' },
    ])
    expect(unread).to.deep.equal(['coupon.points', 'coupon.params'])
    expect(page).to.match(/^zonal_rewards_left_out_total 1$/m)
  })

  for (const [name, status] of [
    ['redeemCoupon', 'redeemed'],
    ['restoreCoupon', 'activated'],
  ] as const)
    it(`still counts as done, whatever its coupon is: ${name}`, async () => {
      for (const [more, reward, unread] of [
        [{ coupon: [] }, {}, ['coupon']],
        [{ coupon: { name: null } }, {}, undefined],
        [
          { coupon: { name: 7, params: coupon.params } },
          { type: 'promotion', entityCode: '10000000123' },
          ['coupon.name'],
        ],
        [
          { valid_until: 'tomorrow', coupon: { name: 'Pie', points: 'x' } },
          { name: 'Pie' },
          ['valid_until', 'coupon.points'],
        ],
      ] as const) {
        const read = await readReply(name, { id: 'uc-1', status, ...more } as unknown as nock.Body)
        expect(read.value).to.deep.equal({ reward: { id: 'uc-1', ...reward } })
        expect(read.unread).to.deep.equal(unread)
      }
    })

  for (const name of ['takePoints', 'givePointsBack'])
    it(`gives the points left, also from text or decimals: ${name}`, async () => {
      for (const balance of ['1050', 1050.9, '1050.00'])
        expect((await readReply(name, { balance })).value).to.deep.equal({ pointsLeft: 1050 })
      // The points were moved, so the call must not be undone.
      expect((await readReply(name, { balance: -200 })).value).to.deep.equal({})
    })

  it('still gives a venue, and does not affect the other venues', async () => {
    const crown = { id: '5b1e', currency: 'GBP', params: { aztecVenueId: '1902' } }
    const beside = await readReply('findVenue', [
      { id: null, params: crown.params },
      'odd',
      crown,
    ] as nock.Body)
    expect(beside.value).to.deep.equal({ id: '1902', coreId: '5b1e', currency: 'GBP' })
    expect(beside.unread).to.deep.equal(['id', '(whole body)'])
    const odd = await readReply('findVenue', [
      { ...crown, id: 51, currency: 826, params: 'none' },
    ] as nock.Body)
    expect(odd.value).to.deep.equal({ id: '1902', coreId: '51', currency: undefined })
    expect(odd.unread).to.deep.equal(['currency', 'params'])
  })

  it('does not make a venue unknown that may be the one that could not be read', async () => {
    const { client, clock } = coreParts()
    nock(coreOrigin)
      .get('/v1/venue?param=aztecVenueId:1902')
      .reply(200, [{ id: null, currency: 'GBP' }])
    const failure = await failureOf(
      client.findVenue(caller.credentials, exchangeWith(clock), { wasApproved: true }),
    )
    expect(String(failure)).to.equal('CoreProtocolError: findVenue: a venue could not be read')
    await client.close()
  })
})

describe('the breaker that all cards share', () => {
  // One member's coupon without a name, or one card that a gateway answers with a page of its own: ten scans of it stopped
  // the balances of every venue for ten seconds, again and again.
  const oddities: [what: string, status: number, body: nock.Body, expected: string][] = [
    [
      'a reply that does not say what it must',
      200,
      { id: 'URCARD123', member: null } as unknown as nock.Body,
      'CoreProtocolError: readCard: 200, not readable at member',
    ],
    ['an error page with a 404', 404, '<html>Not found</html>', 'CoreOutcomeUnknown: readCard: 404'],
    [
      "a 422 that is not the core's",
      422,
      { errors: { card: ['is odd'] } },
      'CoreOutcomeUnknown: readCard: 422',
    ],
  ]
  for (const [what, status, body, expected] of oddities)
    it(`does not open for a fault of one card: ${what}`, async () => {
      const { client, clock } = coreParts()
      nock(coreOrigin).get('/v1/card/ODDONE').times(20).reply(status, body)
      for (let scan = 0; scan < 20; scan++)
        expect(String(await failureOf(client.readCard(caller, 'ODDONE', exchangeWith(clock))))).to.equal(
          expected,
        )
      nock(coreOrigin).get(`/v1/card/${cardNumber}`).reply(200, { member })
      expect(await client.readCard(caller, cardNumber, exchangeWith(clock))).to.include({ name: 'Anna K.' })
      await client.close()
    })

  // A till's text became a header that the HTTP client refuses: ten of them stopped every project's credits.
  it('does not open for a request that cannot be made, which counts as not done and as our error', async () => {
    const { client, clock, logLines } = coreParts()
    const odd = { ...order, points: 5, idempotencyKey: '€:undo:1' }
    for (let times = 0; times < 20; times++) {
      const exchange = exchangeWith(clock)
      const failure = await failureOf(client.givePointsBack(odd, exchange))
      expect(failure).to.include({
        code: 'INTERNAL_ERROR',
        meaning: 'not_done',
        message: 'givePointsBack: not sent (UND_ERR_INVALID_ARG)',
      })
      expect(exchange.facts.coreCalls[0]).to.include({ outcome: 'not_done' })
    }
    expect(client.states()).to.include({ givePointsBack: 'closed' })
    expect(logLines.filter(({ level }) => level === 50)).to.have.length(20)
    expect(JSON.stringify(logLines)).to.not.match(/€|URCARD/)
    await client.close()
  })
})
