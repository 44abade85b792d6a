import { expect } from 'chai'
import nock from 'nock'
import { createBalances } from '../../src/trifft/balances.ts'
import { CoreOutcomeUnknown, CoreRejected, CoreUnavailable } from '../../src/trifft/errors.ts'
import { caller, cardNumber, coreOrigin, coreParts, exchangeWith, startMs } from './setup.ts'
import { toCredentials } from '../../src/model/keys.ts'

function balancesAt(env?: Record<string, string>) {
  const parts = coreParts(env)
  const { client, clock, timers, config, metrics, journal } = parts
  const { drop, read } = createBalances(config, { client, clock, timers, metrics, journal })
  return {
    ...parts,
    drop: () => drop(caller, cardNumber),
    async read({ who = caller, card = cardNumber, leftMs = 2500 } = {}) {
      const exchange = exchangeWith(clock, leftMs)
      const balance = await read(who, card, exchange).catch((failure: unknown) => ({ failure }))
      return { ...balance, cache: exchange.facts.cache }
    },
  }
}

type Answers = { status?: number; body?: nock.Body; coupons?: number; key?: string; card?: string }

/** The core's next answers to a balance; the card's is held back until `send` is called. */
function nextAnswers(
  points: number,
  { status = 200, body, coupons = 200, key, card = cardNumber }: Answers = {},
) {
  const { promise: sent, resolve: send } = Promise.withResolvers<void>()
  const asked = Promise.withResolvers<void>()
  const authorization = `Bearer ${key ?? caller.credentials.apiKey}`
  const member = { first_name: 'Anna', last_name: 'Kovac', is_blocked: false }
  nock(coreOrigin, { reqheaders: { authorization } })
    .get(`/v1/card/${card}`)
    .reply(async () => {
      asked.resolve()
      await sent
      return [status, body ?? { member, wallet: { points } }]
    })
    .get(`/v1/card/${card}/coupons?status=activated`)
    .reply(coupons, [])
  return { asked: asked.promise, send }
}

function answer(...args: Parameters<typeof nextAnswers>) {
  nextAnswers(...args).send()
}

const fresh = (points: number, asOfMs = startMs) => ({
  member: { name: 'Anna K.', isBlocked: false, program: undefined, points },
  rewards: [],
  asOfMs,
  isStale: false,
})
const unknownCard = { code: 404, message: 'no', exception: 'CardNotFoundException' }

describe('a balance', () => {
  it('comes from both calls, and then from memory for 5 s', async () => {
    const { client, clock, metrics, read } = balancesAt()
    answer(1250)
    expect(await read()).to.deep.equal({ ...fresh(1250), cache: 'miss' })
    clock.advance(5_000)
    expect(await read()).to.deep.equal({ ...fresh(1250), cache: 'hit' })
    clock.advance(1)
    answer(1300)
    expect(await read()).to.deep.equal({ ...fresh(1300, startMs + 5_001), cache: 'miss' })
    const { body } = await metrics.page()
    expect(body).to.include('zonal_cache_reads_total{cache="balance",result="miss"} 2')
    expect(body).to.include('zonal_cache_reads_total{cache="balance",result="hit"} 1')
    await client.close()
  })

  it('is loaded once for tills that ask for one card at the same time', async () => {
    const { client, read } = balancesAt()
    const held = nextAnswers(1250)
    const readers = [read(), read(), read()]
    held.send()
    for (const balance of await Promise.all(readers)) expect(balance).to.deep.include(fresh(1250))
    await client.close()
  })

  it("belongs to one key's project and one card", async () => {
    const { client, read } = balancesAt()
    const other = { ...caller, credentials: toCredentials('1902', 'another-key-0123') }
    answer(1)
    answer(2, { key: 'another-key-0123' })
    answer(3, { card: 'URCARD124' })
    expect(await read()).to.deep.include(fresh(1))
    expect(await read({ who: other })).to.deep.include(fresh(2))
    expect(await read({ card: 'URCARD124' })).to.deep.include(fresh(3))
    await client.close()
  })

  it('is never served from memory if that is configured as 0 ms', async () => {
    const { client, clock, read } = balancesAt({ BALANCE_FRESH_MS: '0' })
    answer(1)
    await read()
    clock.advance(2)
    answer(2)
    expect(await read()).to.deep.include({ cache: 'miss' })
    await client.close()
  })
})

describe('a balance while the core cannot answer', () => {
  for (const [what, answers, expected] of [
    ['is broken', { status: 503 }, 'CoreOutcomeUnknown: readCard: 503'],
    ['is busy', { status: 429 }, 'CoreUnavailable: not sent (blocked)'],
    ['answers nonsense', { body: '<html>' }, 'CoreOutcomeUnknown: readCard: 200, not JSON'],
    ['knows the card but not its coupons', { coupons: 500 }, 'CoreOutcomeUnknown: readRewards: 500'],
  ] as [string, Answers, string][]) {
    it(`(it ${what}) is up to 60 s old, and marked`, async () => {
      const { client, clock, metrics, read } = balancesAt()
      answer(1250)
      await read()
      clock.advance(60_000)
      answer(0, answers)
      expect(await read()).to.deep.equal({ ...fresh(1250), isStale: true, cache: 'stale' })
      expect((await metrics.page()).body).to.include(
        'zonal_cache_reads_total{cache="balance",result="stale"} 1',
      )

      clock.advance(1)
      // Whoever the core has blocked does not ask again.
      if (answers.status !== 429) answer(0, answers)
      const { failure } = (await read()) as { failure: unknown }
      expect(String(failure)).to.equal(expected)
      await client.close()
    })
  }

  it('is asked for again each time, so that the first good answer counts', async () => {
    const { client, clock, read } = balancesAt()
    answer(1250)
    await read()
    clock.advance(10_000)
    answer(0, { status: 503 })
    expect(await read()).to.include({ isStale: true })
    answer(1300)
    expect(await read()).to.deep.include(fresh(1300, startMs + 10_000))
    await client.close()
  })

  it('is not served from memory if the core has refused since', async () => {
    const { client, clock, read } = balancesAt()
    answer(1250)
    await read()
    clock.advance(10_000)
    answer(0, { status: 402, body: { code: 402, exception: 'MemberBlockedException' } })
    const { failure } = (await read()) as { failure: unknown }
    expect(failure).to.be.instanceOf(CoreRejected).and.include({ code: 'MEMBER_BLOCKED' })
    answer(0, { status: 503 })
    expectUnanswered(await read())
    await client.close()
  })
})

describe('a card that is dropped', () => {
  it('is loaded again', async () => {
    const { client, drop, read } = balancesAt()
    answer(1250)
    await read()
    drop()
    answer(1050)
    expect(await read()).to.deep.include(fresh(1050))
    await client.close()
  })

  it('while it is being loaded: the waiting till gets the answer, but it is not kept', async () => {
    const { client, drop, read } = balancesAt()
    const held = nextAnswers(1250)
    const before = read()
    await held.asked
    drop()
    const heldAfter = nextAnswers(1050)
    const after = read()
    await heldAfter.asked
    heldAfter.send()
    expect(await after, 'the next reader does not get it').to.deep.include(fresh(1050))
    held.send()
    expect(await before).to.deep.include(fresh(1250))
    expect(await read(), 'the late answer does not replace the newer').to.deep.include(fresh(1050))
    await client.close()
  })

  it('is not served stale either', async () => {
    const { client, clock, drop, read } = balancesAt()
    answer(1250)
    await read()
    clock.advance(10_000)
    const held = nextAnswers(0, { status: 503 })
    const waiting = read()
    await held.asked
    drop()
    held.send()
    expectUnanswered(await waiting)
    await client.close()
  })
})

describe('a card that the core does not know', () => {
  it('is remembered for 10 s', async () => {
    const { client, clock, read } = balancesAt()
    answer(0, { status: 404, body: unknownCard })
    for (const cache of ['miss', 'hit']) {
      const { failure, ...rest } = (await read()) as { failure: unknown }
      expect(failure).to.be.instanceOf(CoreRejected).and.include({ code: 'CARD_UNKNOWN' })
      expect(rest).to.deep.equal({ cache })
      clock.advance(10_000)
    }
    answer(1250)
    expect(await read()).to.deep.include({ member: fresh(1250).member, cache: 'miss' })
    await client.close()
  })

  it('is not served from memory, even if it was known before', async () => {
    const { client, clock, read } = balancesAt()
    answer(1250)
    await read()
    clock.advance(5_001)
    answer(0, { status: 404, body: unknownCard })
    await read()
    clock.advance(10_001)
    answer(0, { status: 503 })
    expectUnanswered(await read())
    await client.close()
  })
})

describe('a till that joins a load under way', () => {
  it('does not wait longer than its own patience', async () => {
    const { client, clock, read } = balancesAt()
    const held = nextAnswers(1250)
    const first = read()
    await held.asked
    const joined = read({ leftMs: 120 })
    await clock.pass(20)
    expect(await joined)
      .to.have.property('failure')
      .that.is.instanceOf(CoreUnavailable)
      .and.have.property('message', 'no time left to wait for a load')
    held.send()
    expect(await first, 'the load goes on for the others').to.deep.include(fresh(1250, startMs + 20))
    await client.close()
  })

  it('gets the older answer when its patience ends', async () => {
    const { client, clock, read } = balancesAt()
    answer(1250)
    await read()
    clock.advance(5_001)
    const held = nextAnswers(1300)
    const first = read()
    await held.asked
    const joined = read({ leftMs: 120 })
    await clock.pass(20)
    expect(await joined).to.deep.equal({ ...fresh(1250), isStale: true, cache: 'stale' })
    held.send()
    expect(await first).to.deep.include(fresh(1300, startMs + 5_021))
    await client.close()
  })
})

/** The core could not answer, and there was no older answer to use. */
function expectUnanswered(found: unknown) {
  expect(found)
    .to.have.property('failure')
    .that.is.instanceOf(CoreOutcomeUnknown)
    .and.have.property('message', 'readCard: 503')
}
