import { run, type Work } from './work.ts'

const hourMs = 60 * 60 * 1000
const dayMs = 24 * hourMs
/** Rows deleted in one step. A step is one commit, and takes no longer than the commit of a request. */
const stepRows = 50

type Rule = {
  table: string
  /** SQL: the columns that identify a row. */
  key: string
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
      key: 'id',
      isPast: `changed_at < :beforeMs AND due_at IS NULL AND state NOT IN ('sent', 'in_doubt', 'stuck')`,
      keptMs: 60 * dayMs,
    },
    // Looked up for a day.
    { table: 'redemption_aliases', key: 'key', isPast: 'created_at < :beforeMs', keptMs: 25 * hourMs },
    { table: 'tickets', key: 'sequence', isPast: 'published_at < :beforeMs', keptMs: 35 * dayMs },
    { table: 'dead_letters', key: 'id', isPast: 'created_at < :beforeMs', keptMs: 35 * dayMs },
    { table: 'audit', key: 'sequence', isPast: 'at < :beforeMs', keptMs: 400 * dayMs },
    // Longer than it may be used: a venue that was closed for weeks must not count as somebody who guesses.
    {
      table: 'venues',
      key: 'venue_id, api_key_hash',
      isPast: 'approved_at < :beforeMs',
      keptMs: Math.max(60 * dayMs, venueStaleMs),
    },
  ]
}

/** @returns work that deletes at most the rows of one step, and returns how many it has deleted */
export function createRetention(venueStaleMs: number) {
  const rules = retentionRules(venueStaleMs)
  return function* forget(nowMs: number): Work<number> {
    let rowsLeft = stepRows
    for (const rule of rules) {
      if (rowsLeft === 0) break
      rowsLeft -= yield* run(forgetSql(rule), { beforeMs: nowMs - rule.keptMs, rowsLeft })
    }
    return stepRows - rowsLeft
  }
}

export function forgetSql({ table, key, isPast }: Rule): string {
  return `DELETE FROM ${table} WHERE (${key}) IN (SELECT ${key} FROM ${table} WHERE ${isPast} LIMIT :rowsLeft)`
}
