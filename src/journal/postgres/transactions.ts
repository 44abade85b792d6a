import { hash } from 'node:crypto'
import type pg from 'pg'
import { StorageUnavailable } from '../../model/refusal.ts'
import { systemTimers } from '../../time/clock.ts'
import { sleep } from '../../time/waiting.ts'
import type { Doing } from '../access.ts'
import type { Answer, Row, Statement, Work } from '../work.ts'
import { DatabaseFailure, remedyFor, type Remedy } from './failures.ts'
import type { Connection, Pool } from './pool.ts'
import { toNumbered } from './statements.ts'

/** The part of the patience after which no further try begins. */
const tryShare = 0.6

/**
 * The limits hold for the transaction only, since a pooler may give the connection to somebody else after it. The time
 * is the database's, for all replicas. `lock`: each statement of one query sees what was committed before it began, so
 * the work sees what the transaction wrote that had the lock before.
 */
const begin = (lock: string, patienceMs: number) => `BEGIN;
  SET LOCAL statement_timeout = ${patienceMs}; SET LOCAL lock_timeout = ${Math.ceil(patienceMs / 3)};
  SET LOCAL idle_in_transaction_session_timeout = ${patienceMs};
  ${lock}
  SELECT now_ms() AS now_ms, current_setting('transaction_read_only') = 'on' AS is_read_only`

/** pg gives an answer for each statement of a query. */
type Begun = { rows: [{ now_ms: number; is_read_only: boolean }] }

export type Transactions = ReturnType<typeof createTransactions>

type Deps = {
  pool: Pool
  /** No statement waits for longer, over all tries. */
  patienceMs: number
  /** Told after each try. */
  observe: (seconds: number, failure: DatabaseFailure | undefined) => void
}

/** Runs works in transactions of their own, again where that helps. */
export function createTransactions(deps: Deps) {
  const { pool, patienceMs, observe } = deps

  return { transact, once }

  /**
   * Runs one statement that commits by itself, once: for what may be lost, or done without being heard of.
   * @throws StorageUnavailable
   */
  async function once(text: string, values: unknown[]): Promise<Row[]> {
    const connection = await pool.connect().catch(unavailable)
    try {
      const { rows } = await send(connection, { text, values, query_timeout: patienceMs })
      connection.release()
      return rows
    } catch (error) {
      connection.release(true)
      return unavailable(error)
    }
  }

  /**
   * @param card the hash of a card, whose transactions run one after the other, on whichever replica
   * @throws StorageUnavailable if the database cannot be used, within the patience
   */
  async function transact<T>(work: Doing<T>, card?: string): Promise<T> {
    const startedMs = performance.now()
    let mayBeDone = false
    for (;;) {
      const triedMs = performance.now()
      try {
        const result = await tryOnce(deps, (nowMs) => work(nowMs, mayBeDone), card, startedMs + patienceMs)
        observe((performance.now() - triedMs) / 1000, undefined)
        return result
      } catch (error) {
        if (!(error instanceof DatabaseFailure)) throw error
        observe((performance.now() - triedMs) / 1000, error)
        mayBeDone ||= error.isOfCommit
        const remedy = remedyFor(error)
        if (remedy === 'bug') throw error
        if (remedy === 'again_elsewhere') pool.renew()
        if (remedy === 'unavailable' || performance.now() - startedMs >= patienceMs * tryShare)
          throw new StorageUnavailable(error.message, { cause: error })
        await pauseBefore(remedy)
      }
    }
  }
}

/** A refused connection is refused at once, and a database that restarts takes some 100 ms. */
async function pauseBefore(remedy: Remedy) {
  if (remedy === 'again' || remedy === 'again_elsewhere') await sleep(systemTimers, 20 + 30 * Math.random())
}

async function tryOnce<T>(
  { pool, patienceMs }: Deps,
  work: (nowMs: number) => Work<T>,
  card: string | undefined,
  latestMs: number,
): Promise<T> {
  const connection = await pool.connect().catch(failed)
  let isBroken = true
  const query = async (text: string, values: unknown[] = []) => {
    const query_timeout = Math.max(1, Math.ceil(latestMs - performance.now()))
    return await send(connection, { text, values, query_timeout }).catch(failed)
  }
  try {
    const begun = (await query(
      begin(card === undefined ? '' : lockOf(card), patienceMs),
    )) as unknown as Begun[]
    const [{ now_ms: nowMs, is_read_only: isReadOnly }] = begun.at(-1)!.rows
    if (isReadOnly) throw new DatabaseFailure({ code: '25006', message: 'the server is read-only' })
    const result = await run(work(nowMs), async (statement) => {
      const { text, values } = toNumbered(statement)
      const { rows, rowCount } = await query(text, values)
      return { rows, changes: rowCount ?? 0 }
    })
    await query('COMMIT').catch((error: DatabaseFailure) => {
      throw new DatabaseFailure(error.cause, { isOfCommit: true })
    })
    isBroken = false
    return result
  } catch (error) {
    isBroken = !(await rolledBack(connection, error))
    throw error
  } finally {
    connection.release(isBroken)
  }
}

/** `query_timeout`: pg rejects after these ms, and the connection cannot be used any more. Its types do not know it. */
type Query = pg.QueryConfig & { query_timeout: number }

function send(connection: Connection, query: Query) {
  return connection.query<Row>(query)
}

function unavailable(error: unknown): never {
  const { message } = new DatabaseFailure(error)
  throw new StorageUnavailable(message, { cause: error })
}

function failed(error: unknown): never {
  throw new DatabaseFailure(error)
}

async function run<T>(work: Work<T>, answer: (statement: Statement) => Promise<Answer>): Promise<T> {
  let step = work.next()
  while (!step.done) step = work.next(await answer(step.value))
  return step.value
}

/** @returns whether the connection can be used again */
async function rolledBack(connection: Connection, error: unknown): Promise<boolean> {
  // An answer with a SQLSTATE has come over the connection, which is well unless the server is about to close it.
  const isWell = !(error instanceof DatabaseFailure) || /^(?!57P|08|25006)[0-9A-Z]{5}$/.test(error.code ?? '')
  if (!isWell) return false
  try {
    await send(connection, { text: 'ROLLBACK', query_timeout: 500 })
    return true
  } catch {
    return false
  }
}

/** All who look at a card's rows take this lock before they look. */
function lockOf(card: string): string {
  const key = hash('sha256', `card ${card}`, 'buffer').readBigInt64BE()
  return `SELECT pg_advisory_xact_lock(${key});`
}
