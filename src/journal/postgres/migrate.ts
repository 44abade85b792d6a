import { systemTimers } from '../../time/clock.ts'
import { within } from '../../time/waiting.ts'
import { DatabaseUnavailable } from './failures.ts'
import { migrations, minCodeVersion } from './migrations.ts'
import { send, type Pool } from './pool.ts'

/** Any number, as long as it stays the same. */
const lockKey = 7_351_902
const tryEveryMs = 200

/** Of one migration, which may have to change many rows. */
const migrationMs = 60_000

/**
 * Brings the schema up to date, once: one replica migrates, the others wait for it. Tables are locked for 2 s at most, so
 * that replicas of the release before go on.
 *
 * @param patienceMs no other statement waits for longer
 * @returns waits until it is up to date, but not beyond `latestMs`: then it goes on by itself. Rejects with what pg
 *   throws, or with DatabaseUnavailable if a newer release has migrated the schema beyond what this one knows
 */
export function createMigration(pool: Pool, patienceMs: number) {
  let isDone = false
  let running: Promise<void> | undefined

  async function run() {
    try {
      await migrate(pool, patienceMs)
      isDone = true
    } finally {
      running = undefined
    }
  }

  return async function migrated(latestMs: number): Promise<void> {
    if (isDone) return
    running ??= run()
    // Whoever has given up does not hear of its failure.
    running.catch(() => undefined)
    const tooLate = () => new Error('its schema is being migrated')
    await within(systemTimers, latestMs - performance.now(), running, tooLate)
  }
}

/** @throws what pg throws; DatabaseUnavailable as `createMigration` */
export async function migrate(pool: Pool, patienceMs: number): Promise<void> {
  const connection = await pool.connect()
  const query = <R extends Record<string, unknown>>(text: string, limitMs = patienceMs) =>
    send<R>(connection, { text, query_timeout: limitMs })
  try {
    while (!(await tryMigrating(query))) await new Promise((resolve) => setTimeout(resolve, tryEveryMs))
    connection.release()
  } catch (error) {
    connection.release(true)
    throw error
  }
}

type SendQuery = <R extends Record<string, unknown>>(text: string, limitMs?: number) => Promise<{ rows: R[] }>

/** @returns false if another replica is migrating */
async function tryMigrating(query: SendQuery): Promise<boolean> {
  await query(
    `BEGIN; SET LOCAL lock_timeout = '2s'; SET LOCAL statement_timeout = ${migrationMs};
     SET LOCAL idle_in_transaction_session_timeout = '10s'`,
  )
  const { rows } = await query<{ is_locked: boolean }>(
    `SELECT pg_try_advisory_xact_lock(${lockKey}) AS is_locked`,
  )
  if (!rows[0]?.is_locked) {
    await query('ROLLBACK')
    return false
  }
  await query(
    `CREATE TABLE IF NOT EXISTS schema_versions (
       "only" integer PRIMARY KEY CHECK ("only" = 1), schema_version integer NOT NULL, min_code_version integer NOT NULL)`,
  )
  const version = await readVersion(query)
  for (const migration of migrations.slice(version)) await query(migration, migrationMs)
  if (version < migrations.length)
    await query(
      `INSERT INTO schema_versions VALUES (1, ${migrations.length}, ${minCodeVersion})
       ON CONFLICT ("only") DO UPDATE SET schema_version = ${migrations.length}, min_code_version = ${minCodeVersion}`,
    )
  await query('COMMIT')
  return true
}

/** @returns how many migrations the schema has had */
async function readVersion(query: SendQuery): Promise<number> {
  const { rows } = await query<{ schema_version: number; min_code_version: number }>(
    'SELECT * FROM schema_versions',
  )
  const { schema_version: version = 0, min_code_version: minVersion = 0 } = rows[0] ?? {}
  if (minVersion > migrations.length)
    throw new DatabaseUnavailable(
      `its schema ${version} needs a release that knows schema ${minVersion}; this one knows ${migrations.length}`,
    )
  return version
}
