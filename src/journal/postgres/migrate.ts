import { keepingTimers, systemTimers } from '../../time/clock.ts'
import { sleep, within } from '../../time/waiting.ts'
import { get, type Work } from '../work.ts'
import { SchemaBehind, SchemaTooNew } from './failures.ts'
import { migrations as allMigrations, type Migration } from './migrations.ts'
import { send, type Connection, type Pool } from './pool.ts'

/** Advisory lock of the replica that migrates. Any number, as long as it never changes. */
export const migrationLock = 7_351_902
/** While another replica migrates. */
const lookEveryMs = 200

/** Of one migration, which may have to change many rows. */
const migrationMs = 60_000

/**
 * Whoever uses a table queues up behind a migration that waits for its lock. Replicas that serve wait for a lock for a
 * third of their patience, so the migration gives up before they do, and leaves them alone for a while.
 */
const lockShare = 0.2
const maxLockMs = 2_000
const firstPauseMs = 1_000
const maxPauseMs = 8_000

/**
 * Brings the schema up to date, once: one replica migrates, the others wait for it.
 *
 * @param patienceMs no other statement waits for longer
 * @param migrations tests pass those of another release
 */
export function createMigration(pool: Pool, patienceMs: number, migrations = allMigrations) {
  let isDone = false
  let running: Promise<void> | undefined

  async function run() {
    try {
      await migrate(pool, patienceMs, migrations)
      isDone = true
    } finally {
      running = undefined
    }
  }

  return {
    /**
     * Waits until it is up to date, but not beyond `latestMs`: then it goes on by itself.
     * @throws what pg throws; SchemaBehind if that takes longer; SchemaTooNew
     */
    async migrated(latestMs: number): Promise<void> {
      if (isDone) return
      running ??= run()
      // Whoever has given up does not hear of its failure.
      running.catch(() => undefined)
      const tooLate = () =>
        new SchemaBehind(
          'its schema is being migrated, which waits for another replica, or for a table that is in use',
        )
      await within(systemTimers, latestMs - performance.now(), running, tooLate)
    },

    /**
     * To be done regularly: a later release may take away what this one uses, while this one runs.
     * @throws SchemaTooNew, as `migrated` does from then on
     */
    *look(): Work<void> {
      isDone = false
      refuseTooNew((yield* get(versionsSql)) as Versions | undefined, migrations)
      isDone = true
    },
  }
}

/**
 * Waits as long as another replica migrates, or a lock on a table prevents it.
 *
 * @throws what pg throws; SchemaTooNew; an AbortError when the pool ends
 */
export async function migrate(pool: Pool, patienceMs: number, migrations = allMigrations): Promise<void> {
  const connection = await pool.connect()
  try {
    const query = createQuery(connection, patienceMs)
    let pauseMs = firstPauseMs
    // Read without the lock: a replica that needs no migration does not wait for one that does.
    while ((await readVersion(query, migrations)) < migrations.length) {
      const outcome = await tryNext(query, migrations, Math.min(maxLockMs, patienceMs * lockShare))
      if (outcome === 'elsewhere') await sleep(keepingTimers, lookEveryMs, pool.ending)
      if (outcome !== 'locked') continue
      await sleep(keepingTimers, pauseMs, pool.ending)
      pauseMs = Math.min(2 * pauseMs, maxPauseMs)
    }
    connection.release()
  } catch (error) {
    connection.release(true)
    throw error
  }
}

type Query = ReturnType<typeof createQuery>

function createQuery(connection: Connection, patienceMs: number) {
  return <R extends Record<string, unknown>>(text: string, limitMs = patienceMs) =>
    send<R>(connection, { text, query_timeout: limitMs })
}

/** @returns `elsewhere`: another replica is migrating; `locked`: a table is in use */
async function tryNext(
  query: Query,
  migrations: readonly Migration[],
  lockMs: number,
): Promise<'done' | 'elsewhere' | 'locked'> {
  await query(
    `BEGIN; SET LOCAL lock_timeout = ${Math.ceil(lockMs)}; SET LOCAL statement_timeout = ${migrationMs};
     SET LOCAL idle_in_transaction_session_timeout = '10s'`,
  )
  const { rows } = await query<{ is_locked: boolean }>(
    `SELECT pg_try_advisory_xact_lock(${migrationLock}) AS is_locked`,
  )
  if (!rows[0]?.is_locked) {
    await query('ROLLBACK')
    return 'elsewhere'
  }
  try {
    await runNext(query, migrations)
    await query('COMMIT')
    return 'done'
  } catch (error) {
    if (!isLock(error)) throw error
    await query('ROLLBACK')
    return 'locked'
  }
}

async function runNext(query: Query, migrations: readonly Migration[]) {
  await query(
    `CREATE TABLE IF NOT EXISTS schema_versions (
       "only" integer PRIMARY KEY CHECK ("only" = 1), schema_version integer NOT NULL, min_code_version integer NOT NULL)`,
  )
  const version = await readVersion(query, migrations)
  const migration = migrations[version]
  // Another replica has migrated since this one looked.
  if (!migration) return
  await query(migration.sql, migrationMs)
  await query(
    `INSERT INTO schema_versions VALUES (1, ${version + 1}, ${migration.minCodeVersion})
     ON CONFLICT ("only") DO UPDATE
       SET schema_version = excluded.schema_version, min_code_version = excluded.min_code_version`,
  )
}

/**
 * @returns how many migrations the schema has had
 * @throws SchemaTooNew
 */
async function readVersion(query: Query, migrations: readonly Migration[]): Promise<number> {
  const { rows: tables } = await query<{ found: string | null }>(
    `SELECT to_regclass('schema_versions')::text AS found`,
  )
  if (!tables[0]?.found) return 0
  const { rows } = await query<Versions>(versionsSql)
  refuseTooNew(rows[0], migrations)
  return rows[0]?.schema_version ?? 0
}

type Versions = { schema_version: number; min_code_version: number }
const versionsSql = 'SELECT schema_version, min_code_version FROM schema_versions'

function refuseTooNew(versions: Versions | undefined, { length: known }: readonly Migration[]) {
  if (!versions || versions.min_code_version <= known) return
  const { schema_version: version, min_code_version: needed } = versions
  throw new SchemaTooNew(
    `its schema ${version} needs a release that knows schema ${needed}; this one knows ${known}`,
  )
}

/** lock_not_available, deadlock_detected: what serves goes first. */
function isLock(error: unknown): boolean {
  return ['55P03', '40P01'].includes((error as { code?: string }).code ?? '')
}
