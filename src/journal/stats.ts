import type { Database } from './sqlite/database.ts'
import { readDeadLetterTotals } from './dead-letters.ts'
import type { JournalStats } from './journal.ts'
import { whereOpen } from './redemption-row.ts'

/** The journal in figures. Each is read from an index of what is open, or from a count that is kept. */
export function readStats(db: Database): JournalStats {
  const credits = db.get(
    `SELECT count(*) AS rows, min(undo_since) AS since FROM redemptions
     WHERE ${whereOpen} AND state = 'confirmed' AND undo_by = 'till'`,
  )
  const open = { sent: 0, in_doubt: 0, being_credited: Number(credits?.rows ?? 0), stuck: 0 }
  const sinceMs = [numberOrNothing(credits?.since)]
  for (const { state, rows, since } of db.all(
    `SELECT state, count(*) AS rows, min(undo_since) AS since FROM redemptions
     WHERE ${whereOpen} AND state IN ('sent', 'in_doubt', 'stuck') GROUP BY state`,
  )) {
    open[state as keyof typeof open] = Number(rows)
    if (state === 'in_doubt') sinceMs.push(numberOrNothing(since))
  }
  const waiting = db.get('SELECT count(*) AS rows FROM tickets WHERE published_at IS NULL')
  const oldest = db.get('SELECT taken_at FROM tickets WHERE published_at IS NULL ORDER BY sequence LIMIT 1')
  const { letters, bytes: deadLetterBytes } = readDeadLetterTotals(db)
  return {
    open,
    oldestInDoubtAtMs: sinceMs.filter((atMs) => atMs !== undefined).toSorted((a, b) => a - b)[0],
    ticketsWaiting: Number(waiting?.rows ?? 0),
    oldestTicketAtMs: numberOrNothing(oldest?.taken_at),
    deadLetters: letters,
    deadLetterBytes,
    ...db.sizes(),
  }
}

function numberOrNothing(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined
}
