import { expect } from 'chai'
import pg from 'pg'
import type { Journal } from '../../src/journal/journal.ts'
import { untilUsable } from '../../src/journal/open.ts'
import { migrationLock } from '../../src/journal/postgres/migrate.ts'
import { createReplica, openReplica } from '../support/both-databases.ts'
import { askDatabase } from '../support/database-contents.ts'
import { patienceMs } from '../support/impatient-journal.ts'
import { usePostgres } from '../support/postgres-for-tests.ts'
import { useRealSockets } from '../support/real-sockets.ts'
import { couponDebit, sendNext } from '../support/redemption.ts'
import { migrateTo, nextMigrations } from '../support/schemas.ts'
import { migrations } from '../../src/journal/postgres/migrations.ts'

describe('replicas of the next release, beside those of this one,', () => {
  useRealSockets()
  const makeDatabase = usePostgres()
  let url: string
  let serving: Journal
  let other: pg.Client
  let opened: Journal[]
  let debits = 0

  beforeEach(async () => {
    url = await makeDatabase()
    await migrateTo(url, migrations)
    serving = await openReplica(url, { patienceMs })
    opened = [serving]
    other = new pg.Client({ connectionString: url })
    await other.connect()
  })
  afterEach(async () => {
    await other.end()
    for (const journal of opened) await journal.close()
  })

  const create = (release = nextMigrations) => {
    const journal = createReplica(url, { patienceMs, migrations: release })
    opened.push(journal)
    return journal
  }
  const debit = (journal: Journal) => {
    const name = `${++debits}`
    return journal.beginDebit({ ...couponDebit, key: name, cardHash: name }, sendNext)
  }
  const runs = async () => (await askDatabase(url, 'TABLE later_runs')).length

  /** Whether the migration waits for its lock, whenever that changes. */
  async function untilLockIs(wanted: boolean) {
    const sql = `SELECT 1 FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock'
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`
    while ((await other.query(sql)).rows.length > 0 !== wanted) await new Promise(setImmediate)
  }

  it('migrate once, though all start at once, while the others serve', async () => {
    const next = Array.from({ length: 4 }, () => create())
    const [, ...served] = await Promise.all([
      Promise.all(next.map(untilUsable)),
      ...Array.from({ length: 20 }, () => debit(serving)),
    ])
    expect(await runs()).to.equal(1)
    for (const journal of [...next, serving]) served.push(await debit(journal))
    for (const begun of served) expect(begun).to.have.property('do', 'send')
  })

  // Whoever uses the table waits behind the migration: had that the patience of 2 s, tills would be refused.
  it('give up soon if a table is in use, and try again until it is free, while tills are served', async () => {
    await other.query('BEGIN; SELECT count(*) FROM redemptions')
    const next = create()
    let isOpen = false
    const opening = untilUsable(next).then(() => (isOpen = true))
    let isWaiting = true
    const slowestMs = (async () => {
      let slowest = 0
      while (isWaiting) {
        const startedMs = performance.now()
        expect(await debit(serving)).to.have.property('do', 'send')
        slowest = Math.max(slowest, performance.now() - startedMs)
      }
      return slowest
    })()

    for (const isLocked of [true, false, true, false]) await untilLockIs(isLocked)
    expect(isOpen, 'the next release is there before its schema').to.equal(false)
    isWaiting = false
    expect(await slowestMs, 'a debit has waited for the migration').to.be.within(100, patienceMs)

    await other.query('ROLLBACK')
    await opening
    expect(await runs()).to.equal(1)
    for (const journal of [next, serving]) expect(await debit(journal)).to.have.property('do', 'send')
  })

  it('do not hold up a replica of this release that starts meanwhile', async () => {
    await other.query(`BEGIN; SELECT pg_advisory_xact_lock(${migrationLock})`)
    const restarted = create(migrations)
    await untilUsable(restarted)
    expect(await debit(restarted)).to.have.property('do', 'send')
  })

  it('can be stopped while they wait', async () => {
    await other.query('BEGIN; SELECT count(*) FROM redemptions')
    const next = create()
    const opening = untilUsable(next)
    await untilLockIs(true)
    await next.close()
    await opening
    expect(await askDatabase(url, `SELECT to_regclass('later_runs') AS found`)).to.deep.equal([
      { found: null },
    ])
  })
})
