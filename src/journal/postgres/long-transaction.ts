import type { Row } from '../work.ts'
import { send, type Pool } from './pool.ts'

type Query = (text: string, values?: unknown[]) => Promise<Row[]>

/**
 * Runs a transaction for which no till waits, once.
 *
 * @param limitMs for each of its statements, in place of the patience
 * @throws what pg throws
 */
export async function inLongTransaction<T>(
  pool: Pool,
  limitMs: number,
  work: (query: Query) => Promise<T>,
): Promise<T> {
  const connection = await pool.connect()
  const query: Query = async (text, values = []) =>
    (await send(connection, { text, values, query_timeout: limitMs })).rows
  try {
    await send(connection, {
      text: `BEGIN; SET LOCAL statement_timeout = ${limitMs}; SET LOCAL lock_timeout = ${limitMs};
        SET LOCAL idle_in_transaction_session_timeout = ${limitMs}`,
      query_timeout: limitMs,
    })
    const result = await work(query)
    await query('COMMIT')
    connection.release()
    return result
  } catch (error) {
    connection.release(true)
    throw error
  }
}
