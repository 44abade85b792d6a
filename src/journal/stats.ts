import { numberOrUndefined } from './row-values.ts'
import { readDeadLetterTotals } from './dead-letters.ts'
import type { JournalStats } from './journal.ts'
import { whereOpen } from './redemption-row.ts'
import { all, get, type Work } from './work.ts'

export type JournalCounts = Omit<JournalStats, 'bytes' | 'walBytes'>

/** Figures for metrics and the health answer. Each is read from an index of open rows, or from a stored count. */
export function* readStats(): Work<JournalCounts> {
  const credits = yield* get(
    `SELECT count(*) AS rows, min(undo_since) AS since FROM redemptions
     WHERE ${whereOpen} AND state = 'confirmed' AND undo_by = 'till'`,
  )
  const open = { sent: 0, in_doubt: 0, being_credited: Number(credits?.rows ?? 0), stuck: 0 }
  const sinceMs = [numberOrUndefined(credits?.since)]
  for (const { state, rows, since } of yield* all(
    `SELECT state, count(*) AS rows, min(undo_since) AS since FROM redemptions
     WHERE ${whereOpen} AND state IN ('sent', 'in_doubt', 'stuck') GROUP BY state`,
  )) {
    open[state as keyof typeof open] = Number(rows)
    if (state === 'in_doubt') sinceMs.push(numberOrUndefined(since))
  }
  const waiting = yield* get('SELECT count(*) AS rows FROM tickets WHERE published_at IS NULL')
  const oldest = yield* get(
    'SELECT taken_at FROM tickets WHERE published_at IS NULL ORDER BY sequence LIMIT 1',
  )
  const deadLetters = yield* readDeadLetterTotals()
  return {
    open,
    oldestInDoubtAtMs: sinceMs.filter((atMs) => atMs !== undefined).toSorted((a, b) => a - b)[0],
    ticketsWaiting: Number(waiting?.rows ?? 0),
    oldestTicketAtMs: numberOrUndefined(oldest?.taken_at),
    deadLetters: deadLetters.count,
    deadLetterBytes: deadLetters.bytes,
  }
}
