import { hash } from 'node:crypto'
import type { Clock } from '../../time/clock.ts'
import type { Work } from '../work.ts'
import { connect, failed, leftMs, type ConnectDeps } from './connect.ts'
import { DatabaseFailure } from './failures.ts'
import { send, type Connection } from './pool.ts'
import { runWork } from '../run-work.ts'
import { seenOfServer, type ServerSeen, type ServerWatch } from './server-watch.ts'
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
  SELECT ${seenOfServer}, current_setting('transaction_read_only') = 'on' AS is_read_only FROM clock`

/** pg gives an answer for each statement of a query. */
type Begun = { rows: [ServerSeen & { is_read_only: boolean }] }

export type TransactionDeps = ConnectDeps & {
  server: Pick<ServerWatch, 'look' | 'nowMs'>
  clock: Clock
  patienceMs: number
  naming: Naming
}

/**
 * Runs a unit of work once, in a transaction.
 * @param card its hash: transactions of one card run one after the other
 * @param latestMs by `performance.now()`
 * @throws DatabaseFailure; StorageUnavailable if the schema cannot be used; what the work throws
 */
export async function tryInTransaction<T>(
  deps: TransactionDeps,
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
    const askedMs = deps.clock.monotonicMs()
    const begun = (await query({ text: begin(lock, deps.patienceMs) })) as unknown as Begun[]
    const [{ is_read_only: isReadOnly, ...seen }] = begun.at(-1)!.rows
    if (isReadOnly) throw new DatabaseFailure({ code: '25006', message: 'the server is read-only' })
    const change = deps.server.look(seen, askedMs)
    if (change !== undefined) throw new DatabaseFailure(new Error(change))
    const result = await runWork(work(seen.now_ms), async (statement) => {
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
