import pg from 'pg'
import type { Journal } from '../../src/journal/journal.ts'
import { createPostgresJournal } from '../../src/journal/postgres/journal.ts'
import { migrate } from '../../src/journal/postgres/migrate.ts'
import { migrations, type Migration } from '../../src/journal/postgres/migrations.ts'
import { createPool, getTypeParser, type PostgresConfig } from '../../src/journal/postgres/pool.ts'
import { untilUsable } from '../../src/journal/open.ts'
import { createLogger, type Logger } from '../../src/observability/logger.ts'
import { systemClock, type Clock } from '../../src/time/clock.ts'
import { postgresAt } from './journal-url.ts'
import { usePostgres } from './postgres-for-tests.ts'
import { nextMigrations, useMigrated } from './schemas.ts'
import {
  createTestParts,
  journalKeys,
  openTest,
  openTestJournal,
  testMetrics,
  testSettings,
  type OpenTestJournal,
  type TestJournal,
} from './test-journal.ts'

type Suites = (openTestJournal: OpenTestJournal) => void

/** Defines the same suites for both databases. */
export function forEachDatabase(suites: Suites) {
  suites(openTestJournal)
  describe('on PostgreSQL:', () => definedFor(suites, usePostgres()))
}

/** Defines them once more for PostgreSQL with the schema of the next release. */
export function forEachSchema(suites: Suites) {
  forEachDatabase(suites)
  describe('on PostgreSQL that the next release has migrated:', () =>
    definedFor(suites, useMigrated(nextMigrations)))
}

function definedFor(suites: Suites, makeDatabase: () => Promise<string>) {
  suites(async (options) => await openOnPostgres(await makeDatabase(), options))
}

/**
 * @param url of a database of `usePostgres`
 * @param options `release`: whose schema it brings; another one that is put into it counts from the next `reopen`
 */
export async function openOnPostgres(
  url: string,
  { maxBytes = 1024 ** 3, parts = createTestParts(), release = { migrations } } = {},
): Promise<TestJournal> {
  const { clock, lines, log } = parts
  const client = new pg.Client({ connectionString: url, types: { getTypeParser } })
  // Its database is dropped while it is connected if a test fails.
  client.on('error', () => undefined)
  await client.connect()
  const sql = async (statement: string) => (await client.query<Record<string, unknown>>(statement)).rows
  const postgres = postgresAt(url)
  const settings = { ...testSettings, path: '', postgres, maxBytes }
  return await openTest({
    path: '',
    clock,
    lines,
    sql,
    async openIt(keys) {
      await setClockByHand(sql, postgres, release.migrations, clock.nowMs())
      const deps = { clock, log, metrics: testMetrics }
      const journal = createPostgresJournal({ ...settings, keys }, postgres, deps, release.migrations)
      await untilUsable(journal)
      return followClock(journal, clock, (nowMs) => sql(`UPDATE test_clock SET ms = ${nowMs}`))
    },
    clear: () => client.end(),
  })
}

/** Before the journal opens, which would take it for a jump. */
async function setClockByHand(
  sql: TestJournal['sql'],
  postgres: ReturnType<typeof postgresAt>,
  schema: readonly Migration[],
  nowMs: number,
) {
  const [found] = await sql(`SELECT to_regclass('test_clock') AS clock`)
  if (found?.clock) return await sql(`UPDATE test_clock SET ms = ${nowMs}`)
  const pool = createPool(postgres, createLogger('silent'))
  await migrate(pool, postgres.patienceMs, schema)
  await pool.end()
  await sql(`CREATE TABLE test_clock AS SELECT ${nowMs}::bigint AS ms`)
  await sql(`UPDATE clock SET seen_ms = ${nowMs}`)
  await sql(
    `CREATE OR REPLACE FUNCTION now_ms() RETURNS bigint LANGUAGE sql VOLATILE AS 'SELECT ms FROM test_clock'`,
  )
}

/** Those that the first schema has. */
export const emptyFirstTables =
  'TRUNCATE redemptions, redemption_aliases, tickets, dead_letters, venues, budgets'
export const emptyTables = `${emptyFirstTables}, audit`

/** Several replicas with one clock, on a database that is emptied. @param url of a database of `usePostgres` */
export async function openReplicas(url: string, count: number): Promise<[TestJournal, ...TestJournal[]]> {
  const parts = createTestParts()
  const first = await openOnPostgres(url, { parts })
  await first.sql(emptyTables)
  const others = await Promise.all(Array.from({ length: count - 1 }, () => openOnPostgres(url, { parts })))
  return [first, ...others]
}

type Replica = {
  patienceMs?: number
  clock?: Clock
  log?: Logger
  keys?: string[]
  migrations?: readonly Migration[]
  isProduction?: boolean
  /** Wins over all others. */
  settings?: Partial<PostgresConfig>
}

/**
 * Several replicas of this release with one clock, each of which can become one of the next release, or go back, when it
 * is opened again: the first that does migrates the schema.
 *
 * @param url of a database with the schema of this release
 */
export async function openMixedReplicas(url: string, count: number) {
  const parts = createTestParts()
  const releases = Array.from({ length: count }, () => ({ migrations }))
  const open = (release: { migrations: typeof migrations }) => openOnPostgres(url, { parts, release })
  // The first one sets the clock of all.
  const first = await open(releases[0]!)
  const others = await Promise.all(releases.slice(1).map((release) => open(release)))
  return {
    tests: [first, ...others] satisfies [TestJournal, ...TestJournal[]],
    /** Counts when it is opened again. */
    changeRelease(at: number) {
      const release = releases[at % count]!
      release.migrations = release.migrations === migrations ? nextMigrations : migrations
    },
  }
}

/** The journal of one replica, by the database's own clock. @param url of a database of `usePostgres`, or a proxy to it */
export async function openReplica(url: string, options: Replica = {}): Promise<Journal> {
  const journal = createReplica(url, options)
  await untilUsable(journal)
  return journal
}

/** The same, not used yet. */
export function createReplica(
  url: string,
  {
    patienceMs = postgresAt(url).patienceMs,
    clock = systemClock,
    log = createLogger('silent'),
    keys = journalKeys.slice(0, 1),
    migrations,
    isProduction = false,
    settings,
  }: Replica = {},
): Journal {
  const postgres = { ...postgresAt(url), patienceMs, isProduction, ...settings }
  const config = { ...testSettings, path: '', postgres, keys, maxBytes: 1024 ** 3 }
  return createPostgresJournal(config, postgres, { clock, log, metrics: testMetrics }, migrations)
}

/** Sets the database's clock to the test's before each use of the journal. */
function followClock<T extends object>(
  followed: T,
  clock: TestJournal['clock'],
  set: (nowMs: number) => Promise<unknown>,
): T {
  let setMs: number | undefined
  return new Proxy(followed, {
    get(target, name) {
      const member = target[name as keyof T] as (...values: unknown[]) => unknown
      if (name === 'acts' || name === 'lookUps') return followClock(member, clock, set)
      // A promise that resolves with the proxy reads its `then`.
      if (typeof member !== 'function' || name === 'close' || name === 'trouble') return member
      return async (...values: unknown[]) => {
        const nowMs = clock.nowMs()
        if (setMs !== nowMs) await set((setMs = nowMs))
        return await member(...values)
      }
    },
  })
}
