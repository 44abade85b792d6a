import { expect } from 'chai'
import { mock } from 'node:test'
import nock from 'nock'
import { createManualClock } from '../support/manual-clock.ts'
import { openTestJournal, type TestJournal } from '../support/test-journal.ts'
import { blocked, budgetAt, expectBusy, stateOf, turn } from './claims.ts'
import { caller, cardNumber, coreOrigin, coreParts, exchangeWith, failureOf, order } from './setup.ts'

describe('a block by the core', () => {
  beforeEach(() => mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'] }))
  afterEach(() => mock.timers.reset())

  for (const [what, env, said, seconds] of [
    ['as long as the core says', {}, 30, 30],
    ['as long as the core says, but at least a second', {}, 0, 1],
    ['as long as the core says, but at most an hour', {}, 1e9, 3600],
    ['CORE_BLOCK_MS if the core does not say how long', { CORE_BLOCK_MS: '45000' }, undefined, 45],
    [
      'a minute by default if the core does not say how long, even without a limit of our own',
      { CORE_RATE_LIMIT: '0' },
      undefined,
      60,
    ],
  ] as const) {
    it(`lasts ${what}`, async () => {
      const { budget, claim, pass } = budgetAt(env)
      await (await claim('debit')).leave().end(blocked(said))
      expectBusy((await claim('credit')).refusal, 'blocked', seconds)
      expect(budget.stats().isBlocked).to.equal(true)
      await pass(seconds * 1000 - 1)
      expectBusy((await claim('credit', { waitMs: 10_000 })).refusal, 'blocked', 1)
      await pass(1)
      expect(stateOf(await claim('credit'))).to.equal('granted')
      expect(budget.stats().isBlocked).to.equal(false)
    })
  }

  it('refuses all waiting calls at once', async () => {
    const { claim, fill } = budgetAt()
    const [first] = await fill('credit')
    const waiting = await claim('balance', { waitMs: 10_000, count: 2 })
    expect(stateOf(waiting)).to.equal('waiting')
    await first?.end(blocked())
    await turn()
    expectBusy(waiting.refusal, 'blocked', 60)
  })

  it('holds back a call that has its slot but has not left', async () => {
    const { claim } = budgetAt()
    const first = await claim('debit')
    const second = await claim('debit')
    await first.leave().end(blocked(30))
    let hasLeft = false
    const failure = await failureOf(second.slot?.(async () => void (hasLeft = true)) ?? Promise.resolve())
    expectBusy(failure, 'blocked', 30)
    expect(hasLeft).to.equal(false)
  })

  it('is not shortened by a later answer', async () => {
    const { claim, pass } = budgetAt()
    const calls = [await claim('debit'), await claim('debit')].map((claimed) => claimed.leave())
    await calls[0]?.end(blocked(60))
    await calls[1]?.end(blocked(5))
    await pass(59_999)
    expect(stateOf(await claim('debit'))).to.equal('blocked')
  })

  it('holds for its key only if each key has its own limit', async () => {
    const { claim } = budgetAt({ CORE_RATE_SCOPE: 'key' })
    await (await claim('debit')).leave().end(blocked())
    expect(stateOf(await claim('debit'))).to.equal('blocked')
    expect(stateOf(await claim('debit', { tenant: 'another' }))).to.equal('granted')
  })

  it("keeps a breaker's probe back", async () => {
    const clock = createManualClock()
    const { client } = coreParts({ CORE_RATE_LIMIT: '48' }, { clock })
    const pass = (ms: number) => {
      clock.advance(ms)
      mock.timers.tick(ms)
    }
    const readCard = () => client.readCard(caller, cardNumber, exchangeWith(clock))
    nock(coreOrigin).get('/v1/card/URCARD123').times(10).reply(503)
    for (let call = 0; call < 10; call++) await failureOf(readCard())
    nock(coreOrigin).post('/v1/card/URCARD123/points/debit').reply(429, '', { 'Retry-After': '20' })
    await failureOf(client.takePoints({ ...order, points: 1 }, exchangeWith(clock)))

    pass(10_000)
    expect(client.states()).to.include({ readCard: 'half_open' })
    // A call that left would fail this test: the mocked core expects none.
    expectBusy(await failureOf(readCard()), 'blocked', 10)
    expect(client.states(), 'the probe has not been sent').to.include({ readCard: 'half_open' })

    pass(10_000)
    nock(coreOrigin)
      .get('/v1/card/URCARD123')
      .reply(200, { member: { is_blocked: false } })
    await readCard()
    expect(client.states()).to.include({ readCard: 'closed' })
    await client.close()
  })

  describe('with a restart in between', () => {
    let test: TestJournal
    beforeEach(async () => (test = await openTestJournal()))
    afterEach(() => test.end())

    // Two calls were under way together. The second said one second, and the file kept that: a process that started
    // within the minute went on at once.
    it('lasts as long as the longest that the core gave, even if a shorter one came later', async () => {
      const clock = createManualClock()
      const before = budgetAt({}, { clock, journal: test.journal })
      await before.budget.open()
      const calls = [await before.claim('debit'), await before.claim('debit')].map((each) => each.leave())
      await calls[0]?.end(blocked(60))
      await calls[1]?.end(blocked(1))
      await turn()
      await test.reopen()

      clock.advance(20_000)
      const after = budgetAt({}, { clock, journal: test.journal })
      await after.budget.open()
      expectBusy((await after.claim('debit')).refusal, 'blocked', 40)
    })

    for (const how of ['stopped', 'killed'] as const) {
      it(`continues after the process was ${how}`, async () => {
        const clock = createManualClock()
        const before = budgetAt({}, { clock, journal: test.journal })
        await before.budget.open()
        await (await before.claim('debit')).leave().end(blocked(60))
        await turn()
        if (how === 'stopped') await before.budget.close()

        clock.advance(20_000)
        const after = budgetAt({}, { clock, journal: test.journal })
        await after.budget.open()
        expectBusy((await after.claim('debit')).refusal, 'blocked', 40)
        clock.advance(40_000)
        expect(stateOf(await after.claim('debit'))).to.equal('granted')
      })
    }
  })
})
