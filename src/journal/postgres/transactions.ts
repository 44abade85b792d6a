import { hash } from 'node:crypto'
import { StorageUnavailable } from '../../model/refusal.ts'
import { systemTimers } from '../../time/clock.ts'
import { sleep } from '../../time/waiting.ts'
import type { Doing } from '../access.ts'
import type { Answer, Row, Statement, Work } from '../work.ts'
import { DatabaseFailure, DatabaseUnavailable, remedyFor } from './failures.ts'
import { send, type Connection, type Pool } from './pool.ts'
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

type Deps = {
  pool: Pool
  /** Brings the schema. Rejects, and goes on by itself, if that takes longer. */
  migrated: (latestMs: number) => Promise<void>
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
    const latestMs = performance.now() + patienceMs
    try {
      const connection = await connect(deps, latestMs)
      try {
        const { rows } = await send(connection, { text, values, query_timeout: leftMs(latestMs) }).catch(
          failed,
        )
        connection.release()
        return rows
      } catch (error) {
        connection.release(true)
        throw error
      }
    } catch (error) {
      if (!(error instanceof DatabaseFailure)) throw error
      if (remedyFor(error) === 'again_elsewhere') pool.renew()
      throw new DatabaseUnavailable(error)
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
          throw new DatabaseUnavailable(error)
        // A refused connection is refused at once, and a database that restarts takes some 100 ms.
        await sleep(systemTimers, 20 + 30 * Math.random())
      }
    }
  }
}

async function tryOnce<T>(
  deps: Deps,
  work: (nowMs: number) => Work<T>,
  card: string | undefined,
  latestMs: number,
): Promise<T> {
  const connection = await connect(deps, latestMs)
  let isBroken = true
  const query = async (text: string, values: unknown[] = []) =>
    await send(connection, { text, values, query_timeout: leftMs(latestMs) }).catch(failed)
  try {
    const begun = (await query(
      begin(card === undefined ? '' : lockOf(card), deps.patienceMs),
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

async function connect({ pool, migrated }: Deps, latestMs: number): Promise<Connection> {
  try {
    await migrated(latestMs)
    return await pool.connect()
  } catch (error) {
    return error instanceof StorageUnavailable ? Promise.reject(error) : failed(error)
  }
}

function leftMs(latestMs: number): number {
  return Math.max(1, Math.ceil(latestMs - performance.now()))
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
