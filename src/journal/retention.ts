import type { Database } from './sqlite/database.ts'

const hourMs = 60 * 60 * 1000
const dayMs = 24 * hourMs
/** Rows deleted in one step. A step is one commit, and takes no longer than the commit of a request. */
const stepRows = 50

type Rule = {
  table: string
  /** SQL: has an index, and is never true of a row that is open. */
  isPast: string
  keptMs: number
}

/**
 * How long settled rows are kept. For a redemption it counts from its last change, so that an operator's decision is
 * kept as long as anything else.
 *
 * @param venueStaleMs how long an approval may be used
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
    // Longer than it may be used: a venue that was closed for weeks must not count as somebody who guesses.
    { table: 'venues', isPast: 'approved_at < :beforeMs', keptMs: Math.max(60 * dayMs, venueStaleMs) },
  ]
}

/** @returns a function that deletes at most the rows of one step, and returns how many it has deleted */
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
