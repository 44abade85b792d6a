import type pg from 'pg'
import { StorageUnavailable } from '../../model/refusal.ts'
import type { Logger } from '../../observability/logger.ts'
import { copiedTables, CopyRefused, type CopiedTable } from '../copied-tables.ts'
import type { Row, Value } from '../work.ts'
import { failed } from './connect.ts'
import { DatabaseFailure, DatabaseUnavailable } from './failures.ts'
import { migrate } from './migrate.ts'
import { createPool, type Connection, type PostgresConfig } from './pool.ts'
import { storable } from './statements.ts'

/** Whichever is reached first: most rows have less than 1 KB, but a dead letter may have more than 1 MB. */
const batchRows = 1_000
const batchCharacters = 4_000_000

const statementTimeoutMs = 60_000

/** The limits hold whatever the role's own are. */
const begin = `BEGIN;
  SET LOCAL statement_timeout = ${statementTimeoutMs}; SET LOCAL lock_timeout = '5s';
  SET LOCAL idle_in_transaction_session_timeout = '60s'`

type CopyTarget = {
  /** The database's clock. */
  nowMs: number
  /** @returns how many rows were written */
  fill(table: CopiedTable, rows: Iterable<Row>): Promise<number>
}

/**
 * Migrates the schema, then runs the work in one transaction. Its tables are locked meanwhile, so that no service that
 * starts on them sees or changes anything.
 *
 * @throws CopyRefused if a table has a row; StorageUnavailable if the database cannot be used; whatever the work throws
 */
export async function fillDatabase<T>(
  config: PostgresConfig,
  log: Logger,
  work: (target: CopyTarget) => Promise<T>,
): Promise<T> {
  const pool = createPool(config, log)
  try {
    await migrate(pool, config.patienceMs).catch((error: unknown) => {
      throw error instanceof StorageUnavailable ? error : new DatabaseUnavailable(error)
    })
    const connection = await pool.connect().catch(failed)
    try {
      return await inTransaction(connection, work)
    } finally {
      // Whatever has gone wrong, the server rolls back when the connection ends.
      connection.release(true)
    }
  } catch (error) {
    throw error instanceof DatabaseFailure ? toUnavailable(error) : error
  } finally {
    await pool.end()
  }
}

async function inTransaction<T>(
  connection: Connection,
  work: (target: CopyTarget) => Promise<T>,
): Promise<T> {
  const query = createQuery(connection)
  await query(begin)
  await lockEmptyTables(query)
  const { rows } = await query('SELECT now_ms() AS now_ms')
  const result = await work({
    nowMs: Number(rows[0]?.now_ms),
    fill: (table, source) => fill(query, table, source),
  })
  for (const table of ['tickets', 'audit']) await continueSequence(query, table)
  // Else the first queries would be planned as for empty tables.
  await query(`ANALYZE ${copiedTables.join(', ')}`)
  await query('COMMIT').catch((error: DatabaseFailure) => {
    throw new DatabaseFailure(error.cause, { isOfCommit: true })
  })
  return result
}

type Query = (text: string, values?: Value[]) => Promise<pg.QueryResult<Row>>

function createQuery(connection: Connection): Query {
  return (text, values) => {
    // Also when the server says nothing any more. pg's types do not know this one.
    const query = { text, values, query_timeout: 2 * statementTimeoutMs }
    return connection.query<Row>(query).catch(failed)
  }
}

async function lockEmptyTables(query: Query) {
  const { rows: tables } = await query(
    `SELECT quote_ident(tablename) AS name FROM pg_tables
     WHERE schemaname = current_schema() AND tablename NOT IN ('schema_versions', 'clock') ORDER BY tablename`,
  )
  const found: string[] = []
  for (const { name } of tables) {
    await query(`LOCK TABLE ${name} IN ACCESS EXCLUSIVE MODE`)
    const { rows } = await query(`SELECT count(*) AS rows FROM ${name}`)
    if (Number(rows[0]?.rows) > 0) found.push(`${rows[0]?.rows} in ${name}`)
  }
  if (found.length > 0)
    throw new CopyRefused(`the database is not empty (rows: ${found.join(', ')}): copy into an empty one`)
}

async function fill(query: Query, table: CopiedTable, rows: Iterable<Row>): Promise<number> {
  let written = 0
  for (const { columns, json } of inBatches(rows)) {
    const names = columns.map((name) => `"${name}"`).join(', ')
    const { rowCount } = await query(
      `INSERT INTO ${table} (${names}) OVERRIDING SYSTEM VALUE
       SELECT ${names} FROM json_populate_recordset(NULL::${table}, $1)`,
      [json],
    )
    written += rowCount ?? 0
  }
  return written
}

/** @returns arrays of rows as JSON: one parameter, whose values the server gives the types of its columns */
function* inBatches(rows: Iterable<Row>): Generator<{ columns: string[]; json: string }> {
  let columns: string[] = []
  let texts: string[] = []
  let characters = 0
  for (const row of rows) {
    if (texts.length === 0) columns = Object.keys(row)
    const text = JSON.stringify(row, toJson)
    texts.push(text)
    characters += text.length
    if (texts.length < batchRows && characters < batchCharacters) continue
    yield { columns, json: `[${texts.join(',')}]` }
    texts = []
    characters = 0
  }
  if (texts.length > 0) yield { columns, json: `[${texts.join(',')}]` }
}

function toJson(_name: string, value: unknown): unknown {
  if (typeof value === 'string') return storable(value)
  return value instanceof Uint8Array ? `\\x${Buffer.from(value).toString('hex')}` : value
}

/** A later row gets a higher number than all that were copied. */
async function continueSequence(query: Query, table: string) {
  const { rows } = await query(`SELECT coalesce(max(sequence), 0) + 1 AS next FROM ${table}`)
  await query(`ALTER TABLE ${table} ALTER COLUMN sequence RESTART WITH ${Number(rows[0]?.next)}`)
}

function toUnavailable(failure: DatabaseFailure): StorageUnavailable {
  const { message, isOfCommit } = failure
  const text = isOfCommit
    ? `the connection was lost at the very end (${message}), so the copy may be there: run the command again. If it says that the database is not empty, everything was copied`
    : `nothing was copied: ${message}`
  return new StorageUnavailable(text, { cause: failure })
}
