import { expect } from 'chai'
import fc from 'fast-check'
import { CoreOutcomeUnknown, CoreRejected, CoreUnavailable } from '../../src/trifft/errors.ts'
import { lanes } from '../../src/trifft/budget/lanes.ts'
import { systemClock, systemTimers } from '../../src/time/clock.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { budgetAt, expectBusy, stateOf, turn, type Claimed } from './claims.ts'
import { memoryJournal } from './setup.ts'

const windowMs = 10_000

describe('the budget of core calls', () => {
  it('lets 48 calls go, and one more 10 s after the first has ended', async () => {
    const { claim, fill, pass } = budgetAt()
    const calls = await fill('credit')
    expect(calls).to.have.length(48)
    await pass(windowMs)
    expect(stateOf(await claim('credit')), 'all are still under way').to.equal('no_slot')
    await calls[0]?.end()
    await pass(windowMs - 1)
    const waiting = await claim('credit', { waitMs: 1 })
    expect(stateOf(waiting)).to.equal('waiting')
    await pass(1)
    expect(stateOf(waiting)).to.equal('granted')
    expect(stateOf(await claim('credit'))).to.equal('no_slot')
  })

  it('takes no slot for a call that never left', async () => {
    const { claim, fill } = budgetAt()
    const [first] = await fill('credit')
    const waiting = await claim('credit', { waitMs: windowMs })
    expect(stateOf(waiting)).to.equal('waiting')
    await first?.end(new CoreUnavailable({ message: 'connection refused' }))
    await turn()
    expect(stateOf(waiting)).to.equal('granted')
  })

  for (const [what, error] of [
    ['may have been done', new CoreOutcomeUnknown({ message: 'timeout' })],
    ['the core refused', new CoreRejected('REWARD_EXPIRED', 'refused', { message: '402', status: 402 })],
    ['had its key refused', new CoreRejected('CREDENTIALS_WRONG', 'not_done', { message: '401' })],
  ] as const) {
    it(`keeps the slot of a call that ${what}`, async () => {
      const { claim, fill } = budgetAt()
      const [first] = await fill('credit')
      await first?.end(error)
      expect(stateOf(await claim('credit', { waitMs: windowMs - 1 }))).to.equal('no_slot')
    })
  }

  it('never has more calls on their way in any window than the limit, however long they take', async () => {
    const step = 50
    const call = fc.record({
      lane: fc.constantFrom(...lanes),
      afterSteps: fc.integer({ min: 0, max: 6 }),
      tookSteps: fc.integer({ min: 0, max: 30 }),
      waitMs: fc.integer({ min: 0, max: 1_000 }),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 2, max: 6 }),
        fc.array(call, { minLength: 20, maxLength: 40 }),
        async (limit, calls) => {
          const env = { CORE_RATE_LIMIT: String(limit), CORE_RATE_WINDOW_MS: '500' }
          const { claim, clock, pass } = budgetAt(env)
          const claims: { claimed: Claimed; tookSteps: number; endStep?: number }[] = []
          const left: { fromMs: number; toMs: number }[] = []
          const startAtStep = calls.map((_, index) =>
            calls.slice(0, index + 1).reduce((sum, { afterSteps }) => sum + afterSteps, 0),
          )
          const running: { endStep: number; end: () => Promise<void> }[] = []
          const lastStep = (startAtStep.at(-1) ?? 0) + 60

          for (let at = 0; at <= lastStep; at++) {
            for (const { end } of running.filter(({ endStep }) => endStep === at)) await end()
            for (const [index, { lane, tookSteps, waitMs }] of calls.entries())
              if (startAtStep[index] === at)
                claims.push({ claimed: await claim(lane, { waitMs }), tookSteps })
            for (const each of claims.filter(
              ({ claimed, endStep }) => claimed.slot && endStep === undefined,
            )) {
              each.endStep = at + each.tookSteps
              const { end } = each.claimed.leave()
              left.push({ fromMs: clock.monotonicMs(), toMs: clock.monotonicMs() + each.tookSteps * step })
              if (each.tookSteps === 0) await end()
              else running.push({ endStep: each.endStep, end })
            }
            await pass(step)
          }

          expect(left, 'some calls leave').to.not.be.empty
          // Each may have arrived at any time between its leaving and its end.
          for (const { toMs } of left) {
            const inWindow = left.filter((other) => other.fromMs < toMs + 500 && other.toMs >= toMs)
            expect(inWindow.length).to.be.at.most(limit)
          }
        },
      ),
      { numRuns: 40 },
    )
  })

  describe('keeps slots for the lanes that go first,', () => {
    for (const [limit, most] of [
      [48, { balance: 40, debit: 44, credit: 48 }],
      [24, { balance: 20, debit: 22, credit: 24 }],
      [10, { balance: 9, debit: 10, credit: 10 }],
      [2, { balance: 2, debit: 2, credit: 2 }],
    ] as const) {
      it(`with a limit of ${limit}: ${JSON.stringify(most)}`, async () => {
        const { use } = budgetAt({ CORE_RATE_LIMIT: String(limit) })
        expect(await use('refresh')).to.equal(most.balance)
        expect(await use('balance')).to.equal(0)
        expect(await use('debit')).to.equal(most.debit - most.balance)
        expect(await use('credit')).to.equal(most.credit - most.debit)
      })
    }

    for (let limit = 2; limit <= 12; limit++) {
      it(`with a limit of ${limit}, but no lane starves: a window after all were taken, each has its own`, async () => {
        for (const lane of lanes) {
          const { claim, pass, use } = budgetAt({ CORE_RATE_LIMIT: String(limit) })
          expect(await use('credit')).to.equal(limit)
          const waiting = await claim(lane, { count: lane === 'balance' ? 2 : 1, waitMs: windowMs })
          await pass(windowMs)
          expect(stateOf(waiting), lane).to.equal('granted')
        }
      })
    }
  })

  it('serves those who wait in the order of their lanes', async () => {
    const { claim, pass, use } = budgetAt({ CORE_RATE_LIMIT: '7' })
    await use('credit')
    const order: string[] = []
    for (const lane of lanes.toReversed())
      await claim(lane, { waitMs: windowMs, onGranted: () => order.push(lane) })
    await pass(windowMs)
    expect(order).to.deep.equal([...lanes])
  })

  it('lets venues take turns within a lane', async () => {
    const { claim, pass, use } = budgetAt({ CORE_RATE_LIMIT: '4' })
    await use('debit')
    const busy = []
    for (let index = 0; index < 10; index++)
      busy.push(await claim('debit', { venue: 'busy', waitMs: windowMs }))
    const quiet = await claim('debit', { venue: 'quiet', waitMs: windowMs })
    const other = await claim('debit', { venue: 'other', waitMs: windowMs })
    await pass(windowMs)
    expect([stateOf(quiet), stateOf(other)]).to.deep.equal(['granted', 'granted'])
    expect(busy.filter(({ slot }) => slot)).to.have.length(2)
  })

  describe('lets undos, which nobody waits for,', () => {
    it('take at most half of the slots while others wait', async () => {
      const { claim, pass, use } = budgetAt({ CORE_RATE_LIMIT: '10' })
      await use('credit')
      const undos = []
      for (let index = 0; index < 20; index++) undos.push(await claim('undo', { waitMs: windowMs }))
      const balances = []
      for (let index = 0; index < 20; index++) balances.push(await claim('balance', { waitMs: windowMs }))
      await pass(windowMs)
      expect(undos.filter(({ slot }) => slot)).to.have.length(5)
      expect(balances.filter(({ slot }) => slot)).to.have.length(4)
    })

    it('take all of them while nobody else waits', async () => {
      const { use } = budgetAt()
      expect(await use('undo')).to.equal(48)
    })
  })

  describe('lets a balance', () => {
    it('take both of its slots or none, and nothing overtakes it for the one that is free', async () => {
      const { claim, fill, pass, use } = budgetAt({ CORE_RATE_LIMIT: '4' })
      await use('balance', 2)
      await pass(windowMs / 2)
      const [first] = await fill('balance')
      const balance = await claim('balance', { count: 2, waitMs: windowMs })
      await claim('refresh', { waitMs: windowMs })
      await first?.end(new CoreUnavailable({ message: 'never left' }))
      expect(stateOf(balance), 'one is free').to.equal('waiting')
      await pass(windowMs / 2)
      expect(stateOf(balance)).to.equal('granted')
    })

    it('free each of its slots when the call in it has ended', async () => {
      const { claim, pass, use } = budgetAt({ CORE_RATE_LIMIT: '2' })
      const balance = await claim('balance', { count: 2 })
      const calls = [balance.leave(), balance.leave()]
      await calls[0]?.end()
      await pass(windowMs)
      expect(await use('credit')).to.equal(1)
    })
  })

  describe('refuses a call that cannot go in time,', () => {
    it('at once if that is certain, and says when to try again', async () => {
      const { claim, metrics, pass, use } = budgetAt()
      await use('credit')
      await pass(4_000)
      const { refusal } = await claim('debit', { waitMs: 5_999 })
      expectBusy(refusal, 'no_slot', 6)
      expect((await metrics.page()).body).to.include(
        'zonal_core_slot_refusals_total{lane="debit",reason="no_slot"} 1',
      )
    })

    it('as soon as that is certain, and lets it wait until then', async () => {
      const { claim, pass, use } = budgetAt({ CORE_RATE_LIMIT: '2' })
      await use('credit', 1)
      await pass(1_000)
      await use('credit', 1)
      const late = await claim('debit', { waitMs: 9_500 })
      expect(stateOf(late)).to.equal('waiting')
      const earlier = await claim('credit', { waitMs: 9_500 })
      await pass(9_000)
      expect(stateOf(earlier)).to.equal('granted')
      expectBusy(late.refusal, 'no_slot', 1)
    })
  })

  // A real clock moves on between the claim and the check, if only by a thousandth of a millisecond: such a call was
  // late already, and was refused although the core was idle.
  it('gives a free slot to a call that has no time to wait, also on the real clock', async () => {
    const { claim } = budgetAt({}, { clock: { ...createManualClock(), ...systemClock, ...systemTimers } })
    for (const waitMs of [0, -5])
      for (let calls = 0; calls < 20; calls++)
        expect(stateOf(await claim('credit', { waitMs }))).to.equal('granted')
  })

  it('gives no slot to a call that has waited too long already', async () => {
    const { claim, clock, pass, use } = budgetAt()
    await use('credit')
    await pass(windowMs - 1)
    const late = await claim('debit', { waitMs: 1 })
    clock.advance(500)
    await pass(1)
    expect(stateOf(late)).to.equal('no_slot')
    expect(stateOf(await claim('debit'))).to.equal('granted')
  })

  it('has no limit at 0', async () => {
    const { fill } = budgetAt({ CORE_RATE_LIMIT: '0' })
    expect(await fill('balance')).to.have.length(100)
  })

  it('is one for all keys, or one for each', async () => {
    for (const [scope, state] of [
      ['all', 'no_slot'],
      ['key', 'granted'],
    ] as const) {
      const { claim, use } = budgetAt({ CORE_RATE_SCOPE: scope })
      await use('credit')
      expect(stateOf(await claim('credit', { tenant: 'another' }))).to.equal(state)
    }
  })

  it('forgets keys whose calls are over: they come from outside', async () => {
    const kept: string[][] = []
    const closeBudget = async (scopes: { scope: string }[]) =>
      void kept.push(scopes.map(({ scope }) => scope))
    const { budget, claim, pass } = budgetAt(
      { CORE_RATE_SCOPE: 'key' },
      { journal: { ...memoryJournal(), closeBudget } },
    )
    for (let key = 0; key < 100; key++) {
      const claimed = await claim('balance', { tenant: `key-${key}` })
      await claimed.leave().end()
    }
    await pass(windowMs)
    await claim('balance', { tenant: 'last' })
    await budget.close()
    expect(kept).to.deep.equal([['last']])
  })

  it('shows what is taken and who waits', async () => {
    const { budget, claim, fill } = budgetAt({ CORE_RATE_LIMIT: '2' })
    const [first] = await fill('credit')
    await first?.end()
    await claim('debit', { waitMs: windowMs })
    const { slotsInUse, isBlocked, waiting } = budget.stats()
    expect({ slotsInUse, isBlocked }).to.deep.equal({ slotsInUse: 2, isBlocked: false })
    expect(waiting.filter(({ count }) => count > 0)).to.deep.equal([{ lane: 'debit', count: 1 }])
  })
})
