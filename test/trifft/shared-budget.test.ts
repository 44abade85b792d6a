import { expect } from 'chai'
import { readConfig } from '../../src/config/config.ts'
import type { Journal } from '../../src/journal/journal.ts'
import { toCredentials } from '../../src/model/keys.ts'
import { createLogger } from '../../src/observability/logger.ts'
import { createMetrics } from '../../src/observability/metrics.ts'
import { systemClock, systemTimers } from '../../src/time/clock.ts'
import { createBudget, type Budget } from '../../src/trifft/budget/budget.ts'
import type { Lane } from '../../src/trifft/budget/lanes.ts'
import { CoreUnavailable } from '../../src/trifft/errors.ts'
import { openReplica } from '../support/both-databases.ts'
import { usePostgres } from '../support/postgres-for-tests.ts'
import { useRealSockets } from '../support/real-sockets.ts'

/** Short, for the test that lets it pass. */
const shortWindowMs = 1_000
const longWindowMs = 60_000

type Call = { startMs: number; endMs: number }

describe('the budget of several replicas', function () {
  this.timeout(30_000)
  useRealSockets()
  const makeDatabase = usePostgres()
  let journals: Journal[]
  let budgets: Budget[]
  let calls: Call[]

  beforeEach(async () => {
    const url = await makeDatabase()
    calls = []
    journals = await Promise.all([1, 2, 3].map(() => openReplica(url)))
    budgets = journals.map((journal) => budgetOn(journal, longWindowMs))
    for (const budget of budgets) await budget.open()
  })
  afterEach(async () => {
    for (const budget of budgets) await budget.close()
    for (const journal of journals) await journal.close()
  })

  // What each lane may use of 48.
  for (const { lane, max } of [
    { lane: 'credit', max: 48 },
    { lane: 'debit', max: 44 },
    { lane: 'balance', max: 40 },
  ] as const)
    it(`is one under an overload of ${lane}s: at most ${max} slots are used in any window, and nearly all of them`, async () => {
      budgets = journals.map((journal) => budgetOn(journal, shortWindowMs))
      const untilMs = performance.now() + 4 * shortWindowMs
      const till = async (budget: Budget) => {
        while (performance.now() < untilMs) await callBy(budget, lane)
      }
      await Promise.all(budgets.flatMap((budget) => Array.from({ length: 8 }, () => till(budget))))
      const used = Math.max(...calls.map(({ startMs }) => countedAt(startMs)))
      expect(used, 'calls that the core may count at once').to.be.within(max - 2, max)
    })

  it('keeps the reserves of the lanes across replicas', async () => {
    for (let index = 0; index < 40; index++) await callBy(budgets[index % 3]!, 'balance')
    expect(await isRefused(budgets[0]!, 'balance')).to.equal(true)
    for (let index = 0; index < 4; index++) await callBy(budgets[index % 3]!, 'debit')
    expect(await isRefused(budgets[1]!, 'debit')).to.equal(true)
    for (let index = 0; index < 4; index++) await callBy(budgets[index % 3]!, 'credit')
    expect(await isRefused(budgets[2]!, 'credit')).to.equal(true)
    expect(calls).to.have.length(48)
  })

  it('is blocked for all once the core has blocked one', async () => {
    await callBy(budgets[0]!, 'credit')
    const slot = await acquire(budgets[1]!, 'credit', 10_000)
    await slot(async () => {
      throw new CoreUnavailable({ message: '429', status: 429, retryAfterSeconds: 60 })
    }).catch(() => undefined)
    // The block is written down beside the answer.
    while (!(await isRefused(budgets[2]!, 'credit')));
    expect(budgets[2]!.stats()).to.deep.include({ isBlocked: true })
  })

  it('does not count a call that never left', async () => {
    for (let index = 0; index < 60; index++) {
      const slot = await acquire(budgets[index % 3]!, 'credit', 10_000)
      await slot(async () => {
        throw new CoreUnavailable({ message: 'not sent' })
      }).catch(() => undefined)
    }
    await callBy(budgets[0]!, 'credit')
  })

  it('sends nothing while the database is down', async () => {
    await journals[0]!.close()
    expect(await isRefused(budgets[0]!, 'credit')).to.equal(true)
  })

  function budgetOn(journal: Journal, windowMs: number) {
    const config = readConfig({ HOST: '127.0.0.1', CORE_RATE_WINDOW_MS: String(windowMs) }).core
    return createBudget(config, {
      journal,
      clock: systemClock,
      timers: systemTimers,
      metrics: createMetrics(),
      log: createLogger('silent'),
    })
  }

  function acquire(budget: Budget, lane: Lane, waitMs: number) {
    const credentials = toCredentials('1902', 'key-of-the-project')
    return budget.acquire({ credentials, lane, count: 1, waitMs })
  }

  async function callBy(budget: Budget, lane: Lane) {
    const slot = await acquire(budget, lane, 10_000)
    await slot(async () => {
      const call = { startMs: performance.now(), endMs: Infinity }
      calls.push(call)
      await new Promise((resolve) => setTimeout(resolve, 5))
      call.endMs = performance.now()
    })
  }

  async function isRefused(budget: Budget, lane: Lane): Promise<boolean> {
    try {
      await (
        await acquire(budget, lane, 0)
      )(async () => undefined)
      return false
    } catch (error) {
      if (error instanceof CoreUnavailable) return true
      throw error
    }
  }

  /** How many calls the core may count at that time, whenever within each call it does. */
  function countedAt(atMs: number): number {
    return calls.filter(({ startMs, endMs }) => startMs <= atMs && endMs + shortWindowMs > atMs).length
  }
})
