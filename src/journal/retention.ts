import type { Database } from './sqlite/database.ts'

const hourMs = 60 * 60 * 1000
const dayMs = 24 * hourMs
/** Rows of one step. A step is one commit, and no request waits longer for it than for another request's. */
const stepRows = 50

type Rule = {
  table: string
  /** Served by an index, and never true of what is still open. */ isPast: string
  keptMs: number
}

/**
 * How long what is settled is remembered. A redemption counts from its last change, so that what an operator has
 * decided is kept as long as anything else.
 *
 * @param venueStaleMs how long an approval may be served
 */
export function retentionRules(venueStaleMs: number): Rule[] {
  return [
    {
      table: 'redemptions',
      isPast: `changed_at < :beforeMs AND due_at IS NULL AND state NOT IN ('sent', 'in_doubt', 'stuck')`,
      keptMs: 60 * dayMs,
    },
    // Looked up for a day.
    { table: 'redemption_aliases', isPast: 'created_at < :beforeMs', keptMs: 25 * hourMs },
    { table: 'tickets', isPast: 'published_at < :beforeMs', keptMs: 35 * dayMs },
    { table: 'dead_letters', isPast: 'created_at < :beforeMs', keptMs: 35 * dayMs },
    // Longer than it is served: a venue that was closed for weeks is still told from somebody who guesses.
    { table: 'venues', isPast: 'approved_at < :beforeMs', keptMs: Math.max(60 * dayMs, venueStaleMs) },
  ]
}

/** @returns forgets at most a step's rows, and returns how many it has forgotten */
export function createRetention(db: Database, venueStaleMs: number) {
  const rules = retentionRules(venueStaleMs)
  return function forget(nowMs: number): number {
    let rowsLeft = stepRows
    for (const rule of rules) {
      if (rowsLeft === 0) break
      rowsLeft -= db.run(forgetSql(rule), { beforeMs: nowMs - rule.keptMs, rowsLeft }).changes
    }
    return stepRows - rowsLeft
  }
}

export function forgetSql({ table, isPast }: Rule): string {
  return `DELETE FROM ${table} WHERE rowid IN (SELECT rowid FROM ${table} WHERE ${isPast} LIMIT :rowsLeft)`
}
