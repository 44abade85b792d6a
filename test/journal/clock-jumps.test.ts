import type { Journal } from '../../src/journal/journal.ts'
import { openJournalBeside } from '../../src/journal/open.ts'
import { createLogger } from '../../src/observability/logger.ts'
import { isRemembered } from '../../src/redemptions/attempts.ts'
import type { DebitRows } from '../../src/redemptions/decide-debit.ts'
import type { DebitIntent } from '../../src/redemptions/redemption.ts'
import { expect } from 'chai'
import { DatabaseSync } from 'node:sqlite'
import { confirmed, sendNext, settleDebit } from '../support/redemption.ts'
import { createReplica, forEachDatabase, openOnPostgres, openReplicas } from '../support/both-databases.ts'
import { startCuttingProxy } from '../support/cutting-proxy.ts'
import { useRealSockets } from '../support/real-sockets.ts'
import { usePostgres } from '../support/postgres-for-tests.ts'
import { getStuck } from '../support/stuck-redemption.ts'
import { testAct } from '../support/test-act.ts'
import {
  createTestParts,
  journalKeys,
  openTestJournal,
  testMetrics,
  testSettings,
  unreadMessage,
  type TestJournal,
} from '../support/test-journal.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs
const intent: DebitIntent = {
  venue: 'venue-uuid',
  venueId: '1902',
  tenant: 'tenant-of-project',
  cardHash: 'hash-of-card',
  cardMasked: '*0001',
  secret: { cardNumber: 'CARD0001', apiKey: 'key-of-the-project' },
  key: 'P-1',
  hasTransactionId: true,
  account: 'A-1',
  what: { kind: 'points', points: 200 },
}

forEachDatabase((openTestJournal) => {
  describe('a jump of the clock', () => {
    let test: TestJournal
    beforeEach(async () => (test = await openTestJournal()))
    afterEach(() => test.end())

    const begin = () => beginDebit(test)
    const look = async () => {
      let rows: DebitRows | undefined
      await test.journal.beginDebit(intent, (found) => {
        rows = found
        return { do: 'refuse', code: 'REFUSED' }
      })
      // Rows whose key has expired are found too, but do not count.
      const row = rows?.attempts.find((one) => isRemembered(one, test.clock.nowMs()))
      return row && { ...row, revision: undefined }
    }
    const takenPoints = async () => {
      const id = await begin()
      await settleDebit(test.journal, id, confirmed())
      await test.journal.markAnswered(id)
      return id
    }
    const tidyUp = async () => {
      while (!(await test.journal.tidy()).isTidy);
    }
    /** Lets time pass with the housekeeping of a running service. */
    const runFor = async (ms: number) => {
      for (let passedMs = 0; passedMs < ms; passedMs += 60_000) {
        test.clock.pass(60_000)
        await tidyUp()
      }
    }

    // After a jump of an hour back, a guest had to wait an hour for a reward that was "not redeemed".
    for (const jumpMs of [-hourMs, hourMs, -70 * dayMs])
      it(`of ${jumpMs / hourMs} h neither delays an undo nor brings it forward`, async () => {
        await settleDebit(test.journal, await begin(), { kind: 'unknown' })
        test.clock.jump(jumpMs)
        test.clock.pass(1_999)
        expect(await test.journal.dueUndos(9)).to.have.length(0)
        test.clock.pass(1)
        expect(await test.journal.dueUndos(9)).to.have.length(1)
      })

    it('back while the service was down delays no undo', async () => {
      await settleDebit(test.journal, await begin(), { kind: 'unknown' })
      await test.journal.tidy()
      await test.journal.close()
      test.clock.jump(-hourMs)
      await test.open()
      test.clock.pass(2_000)
      expect(await test.journal.dueUndos(9)).to.have.length(1)
    })

    // After a jump of two days ahead, the same points were taken twice: the key had expired.
    it('ahead expires no key early', async () => {
      const id = await takenPoints()
      test.clock.jump(2 * dayMs)
      expect(await look()).to.include({ id, state: 'confirmed' })
      test.clock.pass(dayMs - 1)
      expect(await look()).to.include({ id })
      test.clock.pass(1)
      expect(await look()).to.equal(undefined)
    })

    it('ahead and back again changes nothing', async () => {
      await takenPoints()
      const before = await look()
      test.clock.jump(70 * dayMs)
      await test.journal.stats()
      test.clock.jump(-70 * dayMs)
      expect(await look()).to.deep.equal(before)
    })

    // A jump of seventy days ahead, for six seconds, deleted redemptions and dead letters for good.
    it('ahead deletes nothing until the clock has been steady for an hour', async () => {
      await takenPoints()
      await test.journal.keepDeadLetter(unreadMessage('{}'))
      await runFor(2 * hourMs)
      test.clock.jump(70 * dayMs)
      await runFor(hourMs - 60_000)
      test.clock.jump(-70 * dayMs)
      await runFor(2 * hourMs)
      expect((await test.journal.stats()).deadLetters).to.equal(1)
      expect(await look()).to.include({ state: 'confirmed' })
    })

    it('is logged once, however often the journal is used after it', async () => {
      test.clock.jump(hourMs)
      for (let asked = 0; asked < 3; asked++) await look()
      expect(test.lines.filter((line) => line.includes('clock has jumped'))).to.have.length(1)
    })

    it('is not a clock that is adjusted little by little: that moves nothing', async () => {
      await settleDebit(test.journal, await begin(), { kind: 'unknown' })
      for (let seconds = 0; seconds < 10; seconds++) {
        test.clock.jump(-1_000)
        await test.journal.stats()
      }
      expect(test.lines.join()).to.not.include('clock has jumped')
    })
  })
})

describe('a jump of the clock while the file is locked', () => {
  let test: TestJournal
  beforeEach(async () => (test = await openTestJournal()))
  afterEach(() => test.end())

  it('is followed once the file can be written again, and until then nothing is done', async () => {
    await settleDebit(test.journal, await beginDebit(test), { kind: 'unknown' })
    const shell = new DatabaseSync(test.path)
    shell.exec('BEGIN IMMEDIATE')
    test.clock.jump(hourMs)
    const refusal = await test.journal.dueUndos(9).catch((error: unknown) => error)
    expect(String(refusal)).to.equal('StorageUnavailable: database is locked')
    shell.exec('ROLLBACK')
    shell.close()
    expect(await test.journal.dueUndos(9)).to.have.length(0)
    test.clock.pass(2_000)
    expect(await test.journal.dueUndos(9)).to.have.length(1)
  })
})

describe("a jump of the clock beside an operator's command", () => {
  let test: TestJournal
  let command: Journal
  beforeEach(async () => {
    test = await openTestJournal()
    command = await openBeside(test)
  })
  afterEach(async () => {
    await command.close()
    await test.end()
  })

  const dueMs = async () =>
    Number((await test.sql("SELECT due_at FROM redemptions WHERE key = 'P-1'"))[0]?.due_at)
  const uses = {
    service: () => test.journal.stats(),
    command: () => command.stats(),
  }

  // Back twice, an undo was due before the call that it undoes could have ended.
  for (const jumpMs of [-hourMs, hourMs])
    for (const order of [
      ['service', 'command'],
      ['command', 'service'],
    ] as const)
      it(`of ${jumpMs / hourMs} h is followed once, if the ${order[0]} uses the file first`, async () => {
        await settleDebit(test.journal, await beginDebit(test), { kind: 'unknown' })
        const beforeMs = await dueMs()
        test.clock.jump(jumpMs)
        for (const user of order) await uses[user]()
        expect(await dueMs()).to.equal(beforeMs + jumpMs)
      })

  it('back is followed once by the next start, if the command has written while no service ran', async () => {
    const stuckId = await getStuck(test.journal, test.clock.pass)
    await settleDebit(test.journal, await beginDebit(test), { kind: 'unknown' })
    const beforeMs = await dueMs()
    await test.journal.tidy()
    await test.journal.close()
    test.clock.jump(-hourMs)
    expect(await command.acts.retry(stuckId, testAct(), { seenState: undefined })).to.include({
      outcome: 'done',
    })
    await test.open()
    expect(await dueMs()).to.equal(beforeMs - hourMs)
    const due = await test.journal.dueUndos(9)
    expect(due.map(({ id }) => id)).to.deep.equal([stuckId])
  })
})

describe("a jump of the database's clock, of several replicas,", () => {
  const makeDatabase = usePostgres()
  let replicas: [TestJournal, ...TestJournal[]]
  beforeEach(async () => (replicas = await openReplicas(await makeDatabase(), 3)))
  afterEach(() => Promise.all(replicas.map((replica) => replica.end())))

  const jump = async (ms: number) => {
    const [{ clock, sql }] = replicas
    clock.jump(ms)
    await sql(`UPDATE test_clock SET ms = ${clock.nowMs()}`)
  }
  const timesOf = async (table: string, columns: string) =>
    Object.values((await replicas[0].sql(`SELECT ${columns} FROM ${table}`))[0] ?? {}).map(Number)

  for (const jumpMs of [hourMs, -hourMs])
    it(`of ${jumpMs / hourMs} h is followed once, though all notice it at once`, async () => {
      const [first, ...others] = replicas
      await settleDebit(first.journal, await beginDebit(first), { kind: 'unknown' })
      await Promise.all(others.map(({ journal }) => journal.stats()))
      const [dueMs = 0] = await timesOf('redemptions', 'due_at')
      await jump(jumpMs)
      await Promise.all(replicas.flatMap(({ journal }) => [journal.stats(), journal.dueUndos(9)]))
      expect(await timesOf('redemptions', 'due_at')).to.deep.equal([dueMs + jumpMs])
      const said = first.lines.filter((line) => line.includes('clock has jumped'))
      expect(said).to.have.length(1)
    })

  // Else nothing would be sent to the core, and no ticket to Kafka, for as long as the clock has gone back.
  it('moves the calls that the core may still count, a block, and the lease of the relay', async () => {
    const [{ journal }] = replicas
    const wanted = { count: 1, max: 48, limit: 48, holdMs: 12_000, windowMs: 10_000 } as const
    await journal.sharedBudget!.take('all', wanted, [])
    await journal.keepBlock('all', replicas[0].clock.nowMs() + 60_000)
    await journal.sharedLease!.keep('relay', 5_000)
    const columns = 'until_ms[1], blocked_until_ms, (SELECT until_ms FROM leases)'
    const before = await timesOf('budgets', columns)
    await jump(-hourMs)
    await journal.stats()
    expect(await timesOf('budgets', columns)).to.deep.equal(before.map((ms) => ms - hourMs))
  })
})

describe('a replica that was frozen while the database answered', () => {
  useRealSockets()
  const makeDatabase = usePostgres()

  // When it woke, the answer said a time of a minute ago.
  for (const [when, isUsed] of [
    ['for the first time', false],
    ['later', true],
  ] as const)
    it(`${when} does not take that for a jump of the clock`, async () => {
      const url = await makeDatabase()
      const proxy = await startCuttingProxy(url)
      const test = await openOnPostgres(url)
      const parts = { ...createTestParts(), clock: test.clock }
      const frozen = createReplica(proxy.url, { clock: test.clock, log: parts.log })
      try {
        if (isUsed) await frozen.stats()
        proxy.delay(500)
        const stats = frozen.stats()
        const hasBegun = `SELECT 1 FROM pg_stat_activity
          WHERE datname = current_database() AND state = 'idle in transaction'`
        while ((await test.sql(hasBegun)).length === 0);
        test.clock.pass(60_000)
        await test.sql(`UPDATE test_clock SET ms = ${test.clock.nowMs()}`)
        proxy.delay(0)
        await stats
        await test.journal.stats()
        await frozen.stats()
        expect([...test.lines, ...parts.lines].join()).to.not.include('clock has jumped')
      } finally {
        await frozen.close()
        await test.end()
        proxy.stop()
      }
    })
})

/** As an operator's command does. */
function openBeside({ path, clock }: TestJournal): Promise<Journal> {
  const settings = { ...testSettings, path, postgres: undefined, maxBytes: 1024 ** 3, keys: journalKeys }
  return openJournalBeside(settings, { clock, log: createLogger('silent'), metrics: testMetrics })
}

async function beginDebit(test: TestJournal): Promise<string> {
  const begun = await test.journal.beginDebit(intent, sendNext)
  if (begun.do !== 'send') throw new Error('was not sent')
  return begun.redemption.id
}
