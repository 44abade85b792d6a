import { StorageUnavailable } from '../../model/refusal.ts'
import { DatabaseFailure } from './failures.ts'
import { migrations, minCodeVersion } from './migrations.ts'
import type { Connection, Pool } from './pool.ts'

/** Any number, as long as it stays the same. */
const lockKey = 7_351_902
const tryEveryMs = 200

/**
 * Brings the schema up to date: one replica migrates, the others wait for it. Tables are locked for 2 s at most, so that
 * replicas of the release before go on.
 *
 * @throws StorageUnavailable if the database cannot be used, or a newer release has migrated it beyond what this one knows
 */
export async function migrate(pool: Pool): Promise<void> {
  const connection = await pool.connect().catch((error: unknown) => {
    throw unavailable(error)
  })
  try {
    while (!(await tryMigrating(connection))) await new Promise((resolve) => setTimeout(resolve, tryEveryMs))
    connection.release()
  } catch (error) {
    connection.release(true)
    throw error instanceof StorageUnavailable ? error : unavailable(error)
  }
}

/** @returns false if another replica is migrating */
async function tryMigrating(connection: Connection): Promise<boolean> {
  await connection.query(
    `BEGIN; SET LOCAL lock_timeout = '2s'; SET LOCAL statement_timeout = '60s';
     SET LOCAL idle_in_transaction_session_timeout = '10s'`,
  )
  const { rows } = await connection.query<{ is_locked: boolean }>(
    `SELECT pg_try_advisory_xact_lock(${lockKey}) AS is_locked`,
  )
  if (!rows[0]?.is_locked) {
    await connection.query('ROLLBACK')
    return false
  }
  await connection.query(
    `CREATE TABLE IF NOT EXISTS schema_versions (
       "only" integer PRIMARY KEY CHECK ("only" = 1), schema_version integer NOT NULL, min_code_version integer NOT NULL)`,
  )
  const version = await readVersion(connection)
  for (const migration of migrations.slice(version)) await connection.query(migration)
  if (version < migrations.length)
    await connection.query(
      `INSERT INTO schema_versions VALUES (1, ${migrations.length}, ${minCodeVersion})
       ON CONFLICT ("only") DO UPDATE SET schema_version = ${migrations.length}, min_code_version = ${minCodeVersion}`,
    )
  await connection.query('COMMIT')
  return true
}

/** @returns how many migrations the schema has had */
async function readVersion(connection: Connection): Promise<number> {
  const { rows } = await connection.query<{ schema_version: number; min_code_version: number }>(
    'SELECT * FROM schema_versions',
  )
  const { schema_version: version = 0, min_code_version: minVersion = 0 } = rows[0] ?? {}
  if (minVersion > migrations.length)
    throw new StorageUnavailable(
      `the journal's schema ${version} needs a release that knows schema ${minVersion}; this one knows ${migrations.length}`,
    )
  return version
}

function unavailable(error: unknown): StorageUnavailable {
  const { message } = new DatabaseFailure(error)
  return new StorageUnavailable(`the journal's database cannot be used: ${message}`, { cause: error })
}
