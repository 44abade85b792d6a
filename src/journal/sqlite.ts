import type { Config } from '../config.ts'
import type { Clock } from '../observability/exchange.ts'
import type { Logger } from '../observability/logger.ts'
import type { Metrics } from '../observability/metrics.ts'
import { createKeyedHash } from '../loyalty/keys.ts'
import { createApprovals } from './approvals.ts'
import { createBudgetLog } from './budget-log.ts'
import { isStorageTrouble, openDatabase, storageUnavailable, type Database } from './database.ts'
import type { Journal, JournalStats } from './journal.ts'
import { createOutbox } from './outbox.ts'
import { createRedemptions } from './redemptions.ts'
import { createSeal } from './seal.ts'
import { createWriter } from './writer.ts'

/** A call has been left by whoever made it when it is this much older than the till's deadline. */
const leftAloneMs = 1000

/** Rows were sealed with keys that are not in JOURNAL_KEY any more. */
export class JournalKeyMissing extends Error {
  override name = 'JournalKeyMissing'
}

/**
 * The journal of one replica: one SQLite file on the pod's own volume.
 *
 * @throws StorageUnavailable where the file cannot be opened
 * @throws JournalKeyMissing where it holds rows that no given key opens
 */
export function createSqliteJournal(
  config: Config['journal'],
  { clock, log, metrics }: { clock: Clock; log: Logger; metrics: Metrics },
): Journal {
  const db = openDatabase(config.path, log)
  const seal = createSeal(config.keys)
  try {
    checkSealKeys(db, seal.keyIds)
  } catch (error) {
    db.close()
    throw error
  }

  const redemptions = createRedemptions(db, seal, config.posDeadlineMs + leftAloneMs)
  const outbox = createOutbox(db, seal)
  const approvals = createApprovals(db, createKeyedHash(config.cardHashKey))
  const budgetLog = createBudgetLog(db)
  const writer = createWriter(db, (seconds, isDone) => {
    metrics.journalCommitSeconds.observe(seconds)
    if (!isDone) metrics.journalFailures.inc()
  })
  const { write } = writer
  const now = () => clock.nowMs()
  let isClosed = false

  return {
    beginDebit: (intent, decide) => write(() => redemptions.beginDebit(intent, decide, now())),
    settleDebit: (id, outcome) => write(() => redemptions.settleDebit(id, outcome, now())),
    markAnswered: (id) => write(() => redemptions.markAnswered(id, now())),
    beginCredit: (intent, decide) => write(() => redemptions.beginCredit(intent, decide, now())),
    dueUndos: async (limit) => read(() => redemptions.dueUndos(limit, now())),
    beginUndo: (id) => write(() => redemptions.beginUndo(id, now())),
    settleUndo: (id, outcome) => write(() => redemptions.settleUndo(id, outcome, now())),
    couponsTaken: async (bill) => read(() => redemptions.couponsTaken(bill)),
    takeTicket: (ticket) => write(() => outbox.take(ticket, now())),
    waitingTickets: async (limit) => read(() => outbox.waiting(limit)),
    markPublished: (eventIds) => write(() => outbox.markPublished(eventIds, now())),
    buryTicket: (eventId, reason) => write(() => outbox.bury(eventId, reason, now())),
    keepDeadLetter: (letter) => write(() => outbox.keepDeadLetter(letter, now())),
    findApproval: async (credentials) => read(() => approvals.find(credentials)),
    keepApproval: ({ apiKey }, approval) => write(() => approvals.keep(apiKey, approval)),
    dropApproval: (credentials) => write(() => approvals.drop(credentials)),
    openBudget: () => write(() => budgetLog.open()),
    keepBlock: (scope, blockedUntilMs) => write(() => budgetLog.keepBlock(scope, blockedUntilMs)),
    closeBudget: (scopes) => write(() => budgetLog.close(scopes)),
    stats: async () => read(() => readStats(db)),
    trouble: () => writer.trouble(),
    async close() {
      if (isClosed) return
      isClosed = true
      writer.flush()
      db.close()
    },
  }
}

function read<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw isStorageTrouble(error) ? storageUnavailable(error) : error
  }
}

function readStats(db: Database): JournalStats {
  const open = { sent: 0, in_doubt: 0, stuck: 0 }
  for (const row of db.all(
    `SELECT state, count(*) AS rows FROM redemptions WHERE state IN ('sent', 'in_doubt', 'stuck') GROUP BY state`,
  ))
    open[row.state as keyof typeof open] = Number(row.rows)
  const waiting = db.get('SELECT count(*) AS rows FROM tickets WHERE published_at IS NULL')
  const oldest = db.get('SELECT taken_at FROM tickets WHERE published_at IS NULL ORDER BY sequence LIMIT 1')
  const letters = db.get('SELECT count(*) AS rows FROM dead_letters')
  return {
    open,
    ticketsWaiting: Number(waiting?.rows ?? 0),
    oldestTicketAtMs: typeof oldest?.taken_at === 'number' ? oldest.taken_at : undefined,
    deadLetters: Number(letters?.rows ?? 0),
  }
}

/** A row that cannot be opened would be a reward that nobody can give back, or a ticket that never leaves. */
function checkSealKeys(db: Database, keyIds: string[]) {
  const known = JSON.stringify(keyIds)
  const counted = ['redemptions', 'tickets', 'dead_letters'].map((table) => {
    const row = db.get(
      `SELECT count(*) AS rows, group_concat(DISTINCT seal_key) AS keys FROM ${table}
       WHERE seal_key IS NOT NULL AND seal_key NOT IN (SELECT value FROM json_each(:known))`,
      { known },
    )
    return { table, rows: Number(row?.rows ?? 0), keys: String(row?.keys ?? '') }
  })
  const missing = counted.filter(({ rows }) => rows > 0)
  if (missing.length === 0) return
  const list = missing.map(({ table, rows, keys }) => `${rows} in ${table} (key ${keys})`).join(', ')
  throw new JournalKeyMissing(
    `JOURNAL_KEY does not open what the journal holds: ${list}. Add the key that sealed them, after the new one, comma separated.`,
  )
}
