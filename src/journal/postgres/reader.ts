import type { Logger } from '../../observability/logger.ts'
import type { Reader } from '../reader.ts'
import { runWork } from '../run-work.ts'
import type { Statement, Work } from '../work.ts'
import { DatabaseFailure, isMissingStatement, isStalePlan } from './failures.ts'
import { createPool, type PostgresConfig } from './pool.ts'
import { createShortTransactions, type Query } from './short-transactions.ts'
import { createNaming } from './statements.ts'

/**
 * Reads over a small pool of its own, with limits, in transactions that cannot write.
 *
 * @param from another schema than the role's own; until `table` is made there is nothing to read in it
 */
export function createDatabaseReader(
  postgres: PostgresConfig,
  log: Logger,
  from?: { schema: string; table: string },
): Reader {
  const pool = createPool({ ...postgres, poolSize: 2, patienceMs: 3_000 }, log)
  const transactions = createShortTransactions(pool, from?.schema)
  // To plan a statement for all segments of the diary takes ten times as long as to run it.
  const naming = createNaming(log)
  let isThere = from === undefined

  async function lookForTable(query: Query): Promise<boolean> {
    const values = [`${from?.schema}.${from?.table}`]
    const [row] = await query({ text: 'SELECT to_regclass($1)::text AS found', values })
    return Boolean(row?.found)
  }

  async function readOnce<T>(work: Work<T>): Promise<T> {
    const first = work.next()
    // As when redemptions of no id are asked for: no transaction is needed.
    if (first.done) return first.value
    return await transactions.read(async (query) => {
      isThere ||= await lookForTable(query)
      const answer = async (statement: Statement) => ({
        rows: isThere ? await query(naming.name(statement)) : [],
        changes: 0,
      })
      return await runWork(work, answer, first)
    })
  }

  return {
    async read(begin) {
      try {
        return await readOnce(begin())
      } catch (error) {
        const failure = new DatabaseFailure(error)
        if (isMissingStatement(failure)) naming.stop()
        else if (isStalePlan(failure)) naming.renew()
        else throw error
        return await readOnce(begin())
      }
    },
    close: transactions.close,
  }
}
