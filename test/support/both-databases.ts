import pg from 'pg'
import type { Journal } from '../../src/journal/journal.ts'
import { getTypeParser } from '../../src/journal/postgres/pool.ts'
import { openJournal } from '../../src/journal/open.ts'
import { createLogger, type Logger } from '../../src/observability/logger.ts'
import { systemClock, type Clock } from '../../src/time/clock.ts'
import { postgresAt } from './journal-url.ts'
import { usePostgres } from './postgres-for-tests.ts'
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

/** Defines the same suites for both databases. */
export function forEachDatabase(suites: (openTestJournal: OpenTestJournal) => void) {
  suites(openTestJournal)
  describe('on PostgreSQL:', () => {
    const makeDatabase = usePostgres()
    suites(async (options) => await openOnPostgres(await makeDatabase(), options))
  })
}

/** @param url of an empty database of `usePostgres` */
export async function openOnPostgres(
  url: string,
  { maxBytes = 1024 ** 3, parts = createTestParts() } = {},
): Promise<TestJournal> {
  const { clock, lines, log } = parts
  const client = new pg.Client({ connectionString: url, types: { getTypeParser } })
  // Its database is dropped while it is connected if a test fails.
  client.on('error', () => undefined)
  await client.connect()
  const sql = async (statement: string) => (await client.query<Record<string, unknown>>(statement)).rows
  const settings = { ...testSettings, path: '', postgres: postgresAt(url), maxBytes }
  return await openTest({
    path: '',
    clock,
    lines,
    sql,
    async openIt(keys) {
      const journal = await openJournal({ ...settings, keys }, { clock, log, metrics: testMetrics })
      await setClockByHand(sql)
      return followClock(journal, clock, (nowMs) => sql(`UPDATE test_clock SET ms = ${nowMs}`))
    },
    clear: () => client.end(),
  })
}

async function setClockByHand(sql: TestJournal['sql']) {
  const [found] = await sql(`SELECT to_regclass('test_clock') AS clock`)
  if (found?.clock) return
  await sql('CREATE TABLE test_clock AS SELECT 0::bigint AS ms')
  await sql(
    `CREATE OR REPLACE FUNCTION now_ms() RETURNS bigint LANGUAGE sql VOLATILE AS 'SELECT ms FROM test_clock'`,
  )
}

/** Several replicas with one clock, on a database that is emptied. @param url of a database of `usePostgres` */
export async function openReplicas(url: string, count: number): Promise<[TestJournal, ...TestJournal[]]> {
  const parts = createTestParts()
  const first = await openOnPostgres(url, { parts })
  await first.sql('TRUNCATE redemptions, redemption_aliases, tickets, dead_letters, venues, budgets')
  const others = await Promise.all(Array.from({ length: count - 1 }, () => openOnPostgres(url, { parts })))
  return [first, ...others]
}

/** The journal of one replica, by the database's own clock. @param url of a database of `usePostgres`, or a proxy to it */
export function openReplica(
  url: string,
  {
    patienceMs = postgresAt(url).patienceMs,
    clock = systemClock,
    log = createLogger('silent'),
  }: { patienceMs?: number; clock?: Clock; log?: Logger } = {},
): Promise<Journal> {
  const postgres = { ...postgresAt(url), patienceMs }
  const settings = { ...testSettings, path: '', postgres, keys: journalKeys.slice(0, 1), maxBytes: 1024 ** 3 }
  return openJournal(settings, { clock, log, metrics: testMetrics })
}

/** Sets the database's clock to the test's before each use of the journal. */
function followClock(
  journal: Journal,
  clock: TestJournal['clock'],
  set: (nowMs: number) => Promise<unknown>,
): Journal {
  let setMs: number | undefined
  return new Proxy(journal, {
    get(target, name) {
      const member = target[name as keyof Journal] as (...values: unknown[]) => unknown
      // A promise that resolves with the proxy asks it for `then`.
      if (typeof member !== 'function' || name === 'close' || name === 'trouble') return member
      return async (...values: unknown[]) => {
        const nowMs = clock.nowMs()
        if (setMs !== nowMs) await set((setMs = nowMs))
        return await member(...values)
      }
    },
  })
}
