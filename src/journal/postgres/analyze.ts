import { inLongTransaction } from './long-transaction.ts'
import type { Pool } from './pool.ts'

/** With fewer rows any plan is quick. */
const fewRows = 100
const analyzeMs = 60_000

/** Tables that were never analysed, or have grown tenfold since. */
const unknownSql = `SELECT quote_ident(pg_class.relname) AS name FROM pg_class
  JOIN pg_stat_user_tables ON relid = pg_class.oid
  WHERE relnamespace = current_schema()::regnamespace AND n_live_tup >= ${fewRows}
    AND n_live_tup > 10 * greatest(reltuples, 0)`

/**
 * Runs ANALYZE on tables without statistics, so that no query of the first busy evening is planned as for an empty table.
 * Autovacuum would do it a minute after many rows were written, or never if it is off. A table that another replica is
 * analysing is skipped.
 *
 * @throws what pg throws
 */
export async function analyze(pool: Pool): Promise<void> {
  await inLongTransaction(pool, analyzeMs, async (query) => {
    for (const { name } of await query(unknownSql)) await query(`ANALYZE (SKIP_LOCKED) ${String(name)}`)
  })
}
