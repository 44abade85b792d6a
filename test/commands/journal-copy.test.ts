import { testAct } from '../support/test-act.ts'
import { expect } from 'chai'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { copiedTables } from '../../src/journal/copied-tables.ts'
import { decideDebit } from '../../src/redemptions/decide-debit.ts'
import { openOnPostgres } from '../support/both-databases.ts'
import { postgresAt } from '../support/journal-url.ts'
import { damagePage, rootPages } from '../support/damage.ts'
import { approved, maskedDebit, creditOf, debitOf, fillJournal, ticketOf } from '../support/full-journal.ts'
import { runSql } from '../support/postgres-database.ts'
import { usePostgres } from '../support/postgres-for-tests.ts'
import { useRealSockets } from '../support/real-sockets.ts'
import { dueUndo } from '../support/redemption.ts'
import { createTestParts, journalKeys, openTestJournal, type TestJournal } from '../support/test-journal.ts'
import { readTables, tablesOf } from './tables.ts'
import { runCommand } from './run-here.ts'

/** Those that have the same form in both databases. */
const sameTables = copiedTables.filter((table) => table !== 'budgets')

describe('the command journal-copy', function () {
  // The first starts a process.
  this.timeout(60_000)
  useRealSockets()
  const makeDatabase = usePostgres()
  let test: TestJournal
  let url: string
  let filled: Awaited<ReturnType<typeof fillJournal>>

  /** A service ran on the file until a moment ago, and has stopped. */
  beforeEach(async () => {
    url = await makeDatabase()
    test = await openTestJournal()
    test.clock.pass(Date.now() - test.clock.nowMs() - 3_600_000)
    filled = await fillJournal(test)
    await test.journal.close()
  })
  afterEach(() => test.end())

  const copy = (env: Record<string, string> = {}, ...words: string[]) => {
    const { url: to, password } = postgresAt(url)
    return runCommand('journal-copy', ['--from', test.path, '--to', to, ...words], {
      JOURNAL_TLS: 'off',
      ...(env.JOURNAL_PASSWORD_FILE ? {} : { JOURNAL_PASSWORD: password }),
      ...env,
    })
  }
  const expectRefused = async (message: RegExp, code = 1, env: Record<string, string> = {}) => {
    const ended = await copy(env)
    expect([ended.code, ended.stdout], ended.stderr).to.deep.equal([code, ''])
    expect(ended.stderr).to.match(message)
  }
  /** The journal in PostgreSQL, with the clock of the file. */
  const openCopy = async () => {
    const parts = createTestParts()
    parts.clock.pass(test.clock.nowMs() - parts.clock.nowMs())
    return await openOnPostgres(url, { parts })
  }

  it('copies every value of every row, and says how many, table by table', async () => {
    const { code, stdout, stderr } = await copy()
    expect([code, stderr]).to.deep.equal([0, ''])
    const tables = await readTables(test, url, sameTables)
    for (const { table, inFile, inDatabase } of tables) {
      expect(inFile, table).not.to.have.length(0)
      expect(inDatabase, table).to.deep.equal(inFile)
      expect(stdout).to.match(new RegExp(`^${table} +${inFile.length}$`, 'm'))
    }
    expect(stdout).to.match(/^budgets +1$/m)
  })

  it('reads the password from a file, and answers in JSON', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'copy-test-'))
    const file = join(folder, 'password')
    writeFileSync(file, `${postgresAt(url).password}\n`)
    const { code, stdout, stderr } = await copy({ JOURNAL_PASSWORD_FILE: file }, '--json')
    await rm(folder, { recursive: true })
    expect([code, stderr]).to.deep.equal([0, ''])
    const copied = JSON.parse(stdout) as { table: string; rows: number }[]
    expect(copied.map(({ table }) => table)).to.deep.equal(copiedTables)
    expect(copied.find(({ table }) => table === 'tickets')).to.deep.equal({ table: 'tickets', rows: 5 })
  })

  describe('makes a journal', () => {
    let copied: TestJournal
    beforeEach(async () => {
      const { code, stderr } = await copy()
      expect([code, stderr]).to.deep.equal([0, ''])
      copied = await openCopy()
    })
    afterEach(() => copied.end())

    it('that answers a repeat of a debit from memory, under the first id and under the alias', async () => {
      for (const key of [debitOf('taken').key, 'key of the second press']) {
        const intent = { ...debitOf('taken'), key }
        const begun = await copied.journal.beginDebit(intent, (rows, nowMs) =>
          decideDebit(rows, intent, nowMs),
        )
        expect(begun).to.deep.include({ do: 'replay' })
        expect(begun).to.have.nested.include({ 'redemption.id': filled.taken })
        expect(begun).to.have.nested.include({ 'redemption.moved.pointsLeft': 1050 })
      }
    })

    it('that gives back what is in doubt, and what was under way, with card and key', async () => {
      copied.clock.pass(10_000)
      const due = await copied.journal.dueUndos(9)
      expect(due.map(({ id }) => id)).to.have.members([filled.inDoubt, filled.sent])
      const undo = await copied.journal.beginUndo({
        ...dueUndo(filled.inDoubt),
        cardHash: 'hash of in doubt',
      })
      expect(undo?.secret).to.deep.equal(debitOf('in doubt').secret)
      const [stuck] = await copied.journal.stuckRedemptions()
      expect(stuck).to.include({ id: filled.stuck, state: 'stuck' })
    })

    it('that has the sealed id of a coupon when it is given back', async () => {
      const begun = await copied.journal.beginCredit(creditOf(maskedDebit), ({ debits: [row] }) => ({
        do: 'send',
        redemption: row!,
      }))
      expect(begun).to.have.nested.property('redemption.what').that.deep.equals(maskedDebit.what)
    })

    it('that publishes the waiting tickets in order, and later ones after them', async () => {
      await copied.journal.acceptTicket(ticketOf('later'))
      const waiting = await copied.journal.waitingTickets(9)
      expect(waiting.map(({ eventId }) => eventId)).to.deep.equal(['first', 'second', 'third', 'later'])
      expect(waiting[0]?.closed).to.deep.equal(ticketOf('first').closed)
    })

    it('that recognises a repeated ticket, whether it is in Kafka already or still waiting', async () => {
      for (const id of ['in-kafka', 'first', 'refused-by-kafka'])
        expect(await copied.journal.acceptTicket(ticketOf(id)), id).to.include({ isDuplicate: true })
    })

    it('that sends a dead letter again, and knows the approved venues', async () => {
      await copied.journal.acts.requeueTicket('refused-by-kafka', testAct())
      expect((await copied.journal.waitingTickets(9)).at(-1)?.eventId).to.equal('refused-by-kafka')
      expect(await copied.journal.stats()).to.include({ deadLetters: 1, ticketsWaiting: 4 })
      expect((await copied.journal.findApproval(approved.credentials))?.venue).to.deep.equal(approved.venue)
    })

    it('that counts the calls made before the copy, and keeps the block by the core', async () => {
      const wanted = { count: 1, max: 48, limit: 48, holdMs: 15_000, windowMs: 10_000 } as const
      const budget = copied.journal.sharedBudget!
      // Sets the database's clock.
      await copied.journal.stats()
      const blocked = await budget.take('all', wanted, [])
      const forMs = filled.blockedUntilMs - copied.clock.nowMs()
      expect(blocked).to.deep.equal({ reason: 'blocked', freeInMs: forMs })
      await copied.sql('UPDATE budgets SET blocked_until_ms = 0')
      const full = await budget.take('all', { ...wanted, max: 1 }, [])
      expect(full).to.deep.equal({ reason: 'no_slot', freeInMs: filled.freeAtMs - copied.clock.nowMs() })
    })
  })

  it('copies in batches of many rows and of many bytes', async () => {
    await test.sql(
      `INSERT INTO redemption_aliases
       WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500) SELECT 'alias ' || i, 'id', i FROM n`,
    )
    await test.sql(
      `INSERT INTO dead_letters WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5)
       SELECT 'large ' || i, 'message', '1902', 'too long', randomblob(1500000), seal_key, 1, NULL FROM n, (SELECT seal_key FROM dead_letters LIMIT 1)`,
    )
    const { code, stderr } = await copy()
    expect([code, stderr]).to.deep.equal([0, ''])
    for (const { table, inFile, inDatabase } of await readTables(test, url, [
      'redemption_aliases',
      'dead_letters',
    ]))
      expect(inDatabase, table).to.deep.equal(inFile)
  })

  it('copies nothing into a database that has a row in any table, such as one it has copied to', async () => {
    expect((await copy()).code).to.equal(0)
    const found = copiedTables
      .toSorted()
      .map((table) => `[0-9]+ in ${table}`)
      .join(', ')
    await expectRefused(
      new RegExp(`^the database is not empty \\(rows: ${found}\\): copy into an empty one$`, 'm'),
    )
    await runSql(url, `TRUNCATE ${copiedTables.join(', ')}`)
    await runSql(url, `INSERT INTO leases VALUES ('relay', 'a service that ran', 1, 0)`)
    await expectRefused(/\(rows: 1 in leases\)/)
  })

  it('waits, as a start does, if the service was killed: the core may count calls that were not recorded', async () => {
    await test.sql('UPDATE starts SET is_clean = 0')
    const startedMs = performance.now()
    const { code } = await copy({ CORE_RATE_WINDOW_MS: '2000' })
    expect(code).to.equal(0)
    expect(performance.now() - startedMs).to.be.above(2000)
  })

  it('copies all or nothing', async () => {
    expect((await copy()).code).to.equal(0)
    await runSql(url, `TRUNCATE ${copiedTables.join(', ')}`)
    await runSql(url, `ALTER TABLE budgets ADD CONSTRAINT of_this_test CHECK (scope <> 'all')`)
    await expectRefused(/^nothing was copied: .*of_this_test/)
    for (const { table, inDatabase } of await readTables(test, url, sameTables))
      expect(inDatabase, table).to.deep.equal([])
  })

  it('does not touch a file that a service is using', async () => {
    await test.open()
    await expectRefused(
      new RegExp(`^the journal .* is in use by process ${process.pid} on .*: stop that first`),
    )
    expect(await tablesOf(url)).to.deep.equal([])
  })

  it('does not touch a file that another version has written', async () => {
    await test.sql('PRAGMA user_version = 10')
    await expectRefused(/^the journal's schema is 10 and this command's \d+/)
    expect(await tablesOf(url)).to.deep.equal([])
  })

  it('exits with 78 if JOURNAL_KEY does not open what the file holds', async () => {
    await expectRefused(/^JOURNAL_KEY does not open what the journal holds: 3 in redemptions/, 78, {
      JOURNAL_KEY: journalKeys[1]!,
    })
    expect(await tablesOf(url)).to.deep.equal([])
  })

  it('does not touch a damaged file', async () => {
    const { page } = rootPages(test.path).find(({ name }) => name === 'redemption_aliases')!
    damagePage(test.path, page)
    await expectRefused(/^the journal .* is damaged/)
    expect(await tablesOf(url)).to.deep.equal([])
  })

  it('copies nothing if the clock of the database or of the file is wrong, since due times would be wrong too', async () => {
    await test.sql(`UPDATE clock SET seen_at = ${Date.now() + 60_000}`)
    await expectRefused(/^the service last ran on this file at 20.*, which is still to come/)
    await runSql(
      url,
      `CREATE OR REPLACE FUNCTION now_ms() RETURNS bigint LANGUAGE sql VOLATILE
       AS $$ SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint + 60000 $$`,
    )
    await expectRefused(/^the clocks of this machine and of the database differ by 60 s/)
  })

  it('says what is wrong with its arguments, but never shows a password', async () => {
    const withPassword = 'postgres://adapter:secret-word@127.0.0.1/loyalty'
    for (const [words, problem] of [
      [[], '--from is needed'],
      [['--from', test.path], '--to is needed'],
      [['--from', test.path, '--to', 'mysql://db/loyalty'], '--to must be a postgres:// URL'],
      [['--from', test.path, '--to', withPassword], '--to must have no password'],
      [['--from', test.path, '--to', url, 'more'], 'unexpected argument more'],
    ] as const) {
      const { code, stdout, stderr } = await runCommand('journal-copy', [...words], {})
      expect([code, stdout], words.join(' ')).to.deep.equal([64, ''])
      expect(stderr)
        .to.contain(problem)
        .and.match(/^Usage:$/m)
      expect(stderr).not.to.contain('secret-word')
    }
  })

  it('says so if the file does not exist, or the database cannot be used', async () => {
    const to = postgresAt(url).url
    const noFile = await runCommand('journal-copy', ['--from', `${test.path}.not`, '--to', to], {})
    expect([noFile.code, noFile.stderr]).to.deep.equal([1, `there is no journal at ${test.path}.not\n`])
    await expectRefused(/^the journal's database cannot be used: password authentication failed/, 1, {
      JOURNAL_PASSWORD: 'another',
    })
  })
})

describe('the tables that are copied', () => {
  const makeDatabase = usePostgres()
  /** Counters, the clock, and what is `budgets` in PostgreSQL. */
  const onlyInFile = [
    ...['dead_letter_totals', 'dead_letter_venues', 'ticket_venues', 'clock', 'sqlite_sequence'],
    ...['budget', 'starts'],
  ]
  const onlyInDatabase = ['schema_versions', 'budgets', 'leases', 'clock', 'replicas', 'test_clock']

  // A table that is forgotten here would be empty after the move, and nothing would say so.
  it('are all the tables of both databases, with the same columns', async () => {
    const url = await makeDatabase()
    const file = await openTestJournal()
    const database = await openOnPostgres(url)
    try {
      const inFile = await file.sql(`SELECT name FROM sqlite_schema WHERE type = 'table'`)
      expect(inFile.map(({ name }) => name)).to.have.members([...sameTables, ...onlyInFile])
      expect(await tablesOf(url)).to.have.members([...sameTables, ...onlyInDatabase])
      for (const table of sameTables) {
        const columns = await file.sql(`SELECT name FROM pragma_table_info('${table}')`)
        const others = await database.sql(
          `SELECT column_name AS name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = '${table}'`,
        )
        expect(others, table).to.have.deep.members(columns)
      }
    } finally {
      await file.end()
      await database.end()
    }
  })
})
