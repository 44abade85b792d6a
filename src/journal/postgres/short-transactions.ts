import type { Row } from '../work.ts'
import { send, type Pool } from './pool.ts'
import type { Sent } from './statements.ts'

export type Query = (statement: Sent) => Promise<Row[]>

/**
 * Limits for look-ups and the diary, so that they hold up nobody: half a second for a lock, a few seconds for a
 * statement, no wait for the disk, and one core of the database for each look-up.
 */
const begin = {
  write: `BEGIN; SET LOCAL statement_timeout = 1500; SET LOCAL lock_timeout = 500;
    SET LOCAL idle_in_transaction_session_timeout = 2000; SET LOCAL synchronous_commit = off`,
  read: `BEGIN READ ONLY; SET LOCAL statement_timeout = 3000; SET LOCAL lock_timeout = 500;
    SET LOCAL idle_in_transaction_session_timeout = 5000; SET LOCAL enable_seqscan = off;
    SET LOCAL plan_cache_mode = force_generic_plan; SET LOCAL max_parallel_workers_per_gather = 0; SET LOCAL jit = off`,
}
const queryMs = { write: 2_000, read: 4_000 }

/**
 * Transactions of what no till waits for. Limits hold for each of them, since a pooler may give the connection to somebody
 * else after it.
 * @param schema that is read, if it is not the role's own
 */
export function createShortTransactions(pool: Pool, schema?: string) {
  const path = schema ? `; SET LOCAL search_path = ${schema}` : ''
  return { read: transact('read'), write: transact('write'), close: pool.end }

  function transact(kind: keyof typeof begin) {
    /** @throws what pg throws */
    return async function inTransaction<T>(work: (query: Query) => Promise<T>): Promise<T> {
      const connection = await pool.connect()
      const query: Query = async (statement) =>
        (await send(connection, { ...statement, query_timeout: queryMs[kind] })).rows
      let isWell = false
      try {
        await send(connection, { text: begin[kind] + path, query_timeout: queryMs[kind] })
        const result = await work(query)
        await query({ text: 'COMMIT' })
        isWell = true
        return result
      } finally {
        // One that has failed is opened again, wherever the primary is by then.
        connection.release(!isWell)
      }
    }
  }
}
