import { expect } from 'chai'
import { damagePage } from '../support/damage.ts'
import { openTestJournal, type TestJournal } from '../support/test-journal.ts'
import { blocked, budgetAt, stateOf, turn } from './claims.ts'
import { createManualClock, type ManualClock } from '../support/manual-clock.ts'
import { memoryJournal } from './setup.ts'

const windowMs = 10_000

describe('the budget of a process that starts', () => {
  let test: TestJournal
  let clock: ManualClock
  beforeEach(async () => {
    test = await openTestJournal()
    clock = createManualClock()
  })
  afterEach(async () => {
    await test.end()
  })

  async function start(env: Record<string, string> = {}) {
    const started = budgetAt(env, { clock, journal: test.journal })
    await started.budget.open()
    return started
  }

  it('is full at the very first start', async () => {
    const { use } = await start()
    expect(await use('credit')).to.equal(48)
  })

  it('is what a clean stop has left: calls that had ended count, and calls under way too', async () => {
    const before = await start()
    await before.use('credit', 10)
    clock.advance(4_000)
    await before.fill('credit', 20)
    await before.budget.close()
    clock.advance(3_000)

    const { pass, use } = await start()
    expect(await use('credit')).to.equal(48 - 30)
    await pass(3_000)
    expect(await use('credit'), 'those that ended first').to.equal(10)
    await pass(4_000)
    expect(await use('credit'), 'those that were under way at the stop').to.equal(20)
  })

  for (const scope of ['all', 'key']) {
    it(`counts the first window as spent after a kill (CORE_RATE_SCOPE=${scope})`, async () => {
      const env = { CORE_RATE_SCOPE: scope }
      await (await start(env)).budget.close()
      await (await start(env)).use('credit', 1)
      clock.advance(1_000)
      const { claim, pass, use } = await start(env)
      expect(stateOf(await claim('credit', { waitMs: windowMs - 1 }))).to.equal('quiet_after_kill')
      expect(stateOf(await claim('credit', { tenant: 'another', waitMs: windowMs - 1 }))).to.equal(
        'quiet_after_kill',
      )
      await pass(windowMs)
      expect(await use('credit')).to.equal(48)
    })
  }

  // A pod that was killed, came up and was moved to another node at once: its clean stop recorded that nothing was
  // spent, and 48 more calls went into the window of the killed one.
  it('counts the first window as spent after a stop within the first window after a kill', async () => {
    await (await start()).use('credit')
    clock.advance(1_000)
    await (await start()).budget.close()
    clock.advance(1_000)
    const { claim, pass, use } = await start()
    expect(stateOf(await claim('credit', { waitMs: windowMs - 1 }))).to.equal('quiet_after_kill')
    await pass(windowMs)
    expect(await use('credit')).to.equal(48)
  })

  // The calls of the process before were lost with the file, and 48 more went into the same window.
  it('counts the first window as spent if the journal was damaged and a new one begun', async () => {
    await (await start()).use('credit')
    await test.journal.close()
    damagePage(test.path, 1)
    await test.open()
    const { claim, pass, use } = await start()
    expect(stateOf(await claim('credit', { waitMs: windowMs - 1 }))).to.equal('quiet_after_kill')
    await pass(windowMs)
    expect(await use('credit')).to.equal(48)
  })

  it('counts the first window as spent after a kill in a block that was over sooner', async () => {
    const before = await start()
    await (await before.claim('credit')).leave().end(blocked(3))
    await turn()
    const { claim, pass } = await start()
    await pass(3_000)
    expect(stateOf(await claim('credit'))).to.equal('quiet_after_kill')
    await pass(7_000)
    expect(stateOf(await claim('credit'))).to.equal('granted')
  })

  it('remembers each key by itself', async () => {
    const env = { CORE_RATE_SCOPE: 'key' }
    const before = await start(env)
    await before.use('credit', 40)
    await before.budget.close()
    const { claim, use } = await start(env)
    expect(stateOf(await claim('credit', { tenant: 'another' }))).to.equal('granted')
    expect(await use('credit')).to.equal(8)
  })

  for (const [from, to] of [
    ['all', 'key'],
    ['key', 'all'],
  ] as const) {
    it(`counts the calls before the stop for every key if the scope changes from ${from} to ${to}`, async () => {
      const before = await start({ CORE_RATE_SCOPE: from })
      await before.use('credit', 1)
      await before.budget.close()
      const { claim, pass, use } = await start({ CORE_RATE_SCOPE: to })
      expect(stateOf(await claim('credit', { tenant: 'another' }))).to.equal('no_slot')
      await pass(windowMs)
      expect(await use('credit')).to.equal(48)
    })
  }

  it('is full again within a window, and free of a block within an hour, if the clock was set back', async () => {
    const before = await start()
    await before.use('credit', 47)
    await (await before.claim('credit')).leave().end(blocked(3600))
    await before.budget.close()
    const back = { ...clock, nowMs: () => clock.nowMs() - 24 * 3_600_000 }
    const { budget, claim, pass } = budgetAt({}, { clock: back, journal: test.journal })
    await budget.open()
    await pass(3_600_000 - 1)
    expect(stateOf(await claim('credit'))).to.equal('blocked')
    await pass(1)
    expect(stateOf(await claim('credit'))).to.equal('granted')
  })

  it('counts the first window as spent if the journal cannot be read, and starts anyway', async () => {
    const journal = {
      ...memoryJournal(),
      openBudget: () => Promise.reject(new Error('locked')),
      closeBudget: () => Promise.reject(new Error('locked')),
    }
    const { budget, claim, logLines, pass } = budgetAt({}, { clock, journal })
    await budget.open()
    expect(stateOf(await claim('credit'))).to.equal('quiet_after_kill')
    await pass(windowMs)
    expect(stateOf(await claim('credit'))).to.equal('granted')
    await budget.close()
    expect(logLines.map(({ msg }) => msg)).to.deep.equal([
      'the budget could not be read, and counts as spent',
      'the budget could not be written down',
    ])
  })

  it('refuses calls that still wait when the process ends', async () => {
    const { budget, claim, use } = await start()
    await use('credit')
    const waiting = await claim('credit', { waitMs: windowMs })
    await budget.close()
    expect(stateOf(waiting)).to.equal('no_slot')
  })
})
