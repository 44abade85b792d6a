import { hash } from 'node:crypto'
import type { Answer, Statement, Work } from '../work.ts'
import { connect, failed, leftMs, type ConnectDeps } from './connect.ts'
import { DatabaseFailure } from './failures.ts'
import { send, type Connection } from './pool.ts'
import type { Naming, Sent } from './statements.ts'

/**
 * The limits hold for the transaction only, since a pooler may give the connection to somebody else after it. The time
 * is the database's, for all replicas. `lock`: each statement of one query sees what was committed before it began, so
 * the work sees what the transaction wrote that had the lock before. A statement keeps the plan that it gets
 * first: without `enable_seqscan = off` it would go on reading whole tables that were empty then.
 */
const begin = (lock: string, patienceMs: number) => `BEGIN;
  SET LOCAL statement_timeout = ${patienceMs}; SET LOCAL lock_timeout = ${Math.ceil(patienceMs / 3)};
  SET LOCAL idle_in_transaction_session_timeout = ${patienceMs}; SET LOCAL enable_seqscan = off;
  ${lock}
  SELECT now_ms() AS now_ms, current_setting('transaction_read_only') = 'on' AS is_read_only`

/** pg gives an answer for each statement of a query. */
type Begun = { rows: [{ now_ms: number; is_read_only: boolean }] }

export async function tryInTransaction<T>(
  deps: ConnectDeps & { patienceMs: number; naming: Naming },
  work: (nowMs: number) => Work<T>,
  card: string | undefined,
  latestMs: number,
): Promise<T> {
  const connection = await connect(deps, latestMs)
  let isBroken = true
  const query = async (sent: Sent) =>
    await send(connection, { ...sent, query_timeout: leftMs(latestMs) }).catch(failed)
  try {
    const lock = card === undefined ? '' : lockOf(card)
    const begun = (await query({ text: begin(lock, deps.patienceMs) })) as unknown as Begun[]
    const [{ now_ms: nowMs, is_read_only: isReadOnly }] = begun.at(-1)!.rows
    if (isReadOnly) throw new DatabaseFailure({ code: '25006', message: 'the server is read-only' })
    const result = await run(work(nowMs), async (statement) => {
      const { rows, rowCount } = await query(deps.naming.name(statement))
      return { rows, changes: rowCount ?? 0 }
    })
    await query({ text: 'COMMIT' }).catch((error: DatabaseFailure) => {
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
