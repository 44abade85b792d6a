import { expect } from 'chai'
import nock from 'nock'
import { createBalances } from '../../src/trifft/balances.ts'
import { listReaderOf, Unreadable } from '../../src/trifft/reading.ts'
import { readUserCoupons } from '../../src/trifft/schemas.ts'
import type { Reward } from '../../src/model/words.ts'
import { caller, coreOrigin, coreParts, everyCall, exchangeWith } from './setup.ts'

const member = { first_name: 'Anna', last_name: 'Kovac', is_blocked: false }
const params = { aztecEntityCode: '10000000123' }
const good = (id: string, more: object = {}) => ({
  id,
  status: 'activated',
  coupon: { name: 'Free coffee', params, ...more },
})
/** So many fields that the service does not use. */
const manyFields = Object.fromEntries(Array.from({ length: 90_000 }, (_, index) => [`f${index}`, 1]))
const deep = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`

/** One call against one reply: its result or failure, the exchange's fact about it, and the metrics. */
async function readReply(name: string, body: string | object) {
  const { client, clock, metrics, logLines } = coreParts()
  const exchange = exchangeWith(clock)
  const made = everyCall.find((each) => each.name === name)!
  nock(coreOrigin)
    .intercept(made.path, made.method)
    .reply(200, body as nock.Body)
  const value = await made.call(client, exchange).catch((failure: unknown) => failure)
  await client.close()
  const said = JSON.stringify(exchange.facts) + JSON.stringify(logLines)
  return { value, fact: exchange.facts.coreCalls[0], said, page: (await metrics.page()).body }
}

/** One reply of less than a megabyte stopped the process for seconds, ended it, or made a log line of 12.9 MB. */
describe('a large reply of the core', () => {
  it('with 300,000 empty coupons is read to the 500th, and all are counted', async () => {
    const { value, fact, said, page } = await readReply('readRewards', Array(300_000).fill({}))
    expect(value).to.deep.equal([])
    expect(fact?.unread).to.deep.equal(['(entries after 500)', 'id'])
    expect(said.length).to.be.below(500)
    expect(page).to.match(/^zonal_rewards_left_out_total 300000$/m)
  })

  it('is read to its 500th entry', () => {
    let looked = 0
    const read = listReaderOf(() => {
      looked++
      throw new Unreadable(['id'])
    })
    expect(read(Array(300_000).fill({})).value).to.deep.equal({ entries: [], leftOut: 300_000 })
    expect(looked).to.equal(500)
  })

  it('is shown to its 500th coupon', async () => {
    const coupons = Array.from({ length: 501 }, (_, index) => good(`uc-${index}`))
    const { value, page } = await readReply('readRewards', coupons)
    expect((value as Reward[]).map(({ id }) => id)).to.deep.equal(coupons.slice(0, 500).map(({ id }) => id))
    expect(page).to.match(/^zonal_rewards_left_out_total 1$/m)
  })

  it('does not make a venue unknown that may come after the 500th', async () => {
    const { value } = await readReply('findVenue', Array(40_000).fill({ id: 1, params: {} }))
    expect(value).to.include({ name: 'CoreProtocolError' })
  })

  for (const [what, text, cut] of [
    ['400 KB of letters', 'x'.repeat(400_000), 'x'.repeat(200)],
    ['emoji, none of them cut in two', `x${'\u{1f37a}'.repeat(100_000)}`, `x${'\u{1f37a}'.repeat(199)}`],
    [
      'a surrogate pair at the edge',
      `${'x'.repeat(199)}\u{1f37a}${'y'.repeat(300)}`,
      `${'x'.repeat(199)}\u{1f37a}`,
    ],
  ] as const)
    it(`has its names cut: ${what}`, async () => {
      const { value } = await readReply('readCard', {
        member: { ...member, first_name: text, last_name: null },
        tier: { name: text },
      })
      expect(value).to.include({ name: cut, program: cut })
      const rewards = await readReply('readRewards', [good('uc-1', { name: text })])
      expect(rewards.value).to.have.nested.property('0.name', cut)
    })

  it('is read without ids, codes and currencies that would name something else if they were cut', async () => {
    const long = '7'.repeat(400_000)
    const { value, fact } = await readReply('readRewards', [
      good(long),
      good('uc-1', { params: { aztecEntityCode: long } }),
      good('uc-2', { params: { aztecEntityCode: '7'.repeat(200) } }),
      good('uc-3'),
    ])
    expect((value as Reward[]).map(({ id }) => id)).to.deep.equal(['uc-3'])
    expect(fact?.unread).to.deep.equal(['id'])
    const venue = { id: long, currency: 'GBP', params: { aztecVenueId: '1902' } }
    expect((await readReply('findVenue', [venue])).value).to.include({ name: 'CoreProtocolError' })
    const odd = await readReply('findVenue', [{ ...venue, id: '5b1e', currency: long }])
    expect(odd.value).to.deep.equal({ id: '1902', coreId: '5b1e', currency: undefined })
  })

  it('is read to the thousandth of 90,000 fields of an object', async () => {
    const coupon = good('uc-1', { params: { ...params, ...manyFields } })
    expect((await readReply('readRewards', [coupon])).value).to.have.nested.property('0.id', 'uc-1')
    expect((await readReply('readCard', { member: { ...member, ...manyFields } })).value).to.include({
      name: 'Anna K.',
    })
    let looks = 0
    const look = <T>(result: T) => (looks++, result)
    const counting = new Proxy(manyFields, {
      get: (target, name) => look(Reflect.get(target, name)),
      getOwnPropertyDescriptor: (target, name) => look(Reflect.getOwnPropertyDescriptor(target, name)),
    })
    readUserCoupons([good('uc-1', { params: counting })])
    expect(looks).to.be.below(2_100)
  })

  for (const [what, name, body, outcome] of [
    ['lists in lists', 'readRewards', deep(400_000), 'done'],
    ['lists in lists, in a field', 'readCard', `{"member":{"first_name":${deep(400_000)}}}`, 'done'],
    [
      'lists in lists, in a parameter',
      'readRewards',
      `[{"id":"uc-1","coupon":{"params":{"a":${deep(400_000)}}}}]`,
      'done',
    ],
    ['a list instead of a member', 'readCard', { member: Array(300_000).fill(0) }, 'unknown'],
    [
      'a list instead of a coupon',
      'redeemCoupon',
      { id: 'uc-1', status: 'redeemed', coupon: Array(300_000).fill(0) },
      'done',
    ],
    [
      'a list instead of parameters',
      'readRewards',
      [good('uc-1', { params: Array(300_000).fill(0) })],
      'done',
    ],
    ['a list instead of a wallet', 'readCard', { member, wallet: Array(300_000).fill(0) }, 'done'],
    [
      'fields of which each is wrong',
      'redeemCoupon',
      { ...manyFields, id: [], status: [], valid_until: [] },
      'unknown',
    ],
  ] as const)
    it(`is ${outcome === 'done' ? 'read all the same' : 'refused with a short error'}: ${what}`, async () => {
      const { fact, said } = await readReply(name, body as object)
      expect(fact?.outcome).to.equal(outcome)
      expect(said.length).to.be.below(500)
    })
})

// Ten thousand cards with the longest lists, each of half a megabyte, were more than the memory that the process may
// have.
describe('the balances in memory', () => {
  it('are limited by their bytes: the least recently used go first', async () => {
    const { clock, timers, config, metrics, journal } = coreParts()
    const text = 'x'.repeat(200)
    const reward = { id: text, name: text, type: 'promotion' as const, entityCode: text }
    const asked: string[] = []
    const { read } = createBalances(config, {
      clock,
      timers,
      metrics,
      journal,
      client: {
        claimBalance: async () => (call) => call(() => undefined),
        readCard: async (_caller, cardNumber) => {
          asked.push(cardNumber)
          return { name: text, isBlocked: false, program: text, points: 5 }
        },
        readRewards: async () => Array(500).fill(reward),
      },
    })
    const ask = (card: string) => read(caller, card, exchangeWith(clock))
    for (let index = 0; index < 100; index++) await ask(`CARD${index}`)
    expect(asked.splice(0)).to.have.length(100)
    for (let index = 99; index >= 0; index--) await ask(`CARD${index}`)
    expect(asked.length, 'asked for again').to.be.within(60, 80)
    expect(asked[0]).to.not.equal('CARD99')
  })
})
