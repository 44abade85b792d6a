import { StorageUnavailable } from '../../model/refusal.ts'
import type { Config } from '../../config/config.ts'
import type { Clock } from '../../exchange.ts'
import type { Logger } from '../../observability/logger.ts'
import type { Metrics } from '../../observability/metrics.ts'
import { createKeyedHash } from '../../model/keys.ts'
import { createApprovals } from '../approvals.ts'
import { createBillCoupons } from '../bill-coupons.ts'
import { createBudgetLog } from '../budget-log.ts'
import {
  isDamaged,
  isStorageTrouble,
  openDatabase,
  openExistingDatabase,
  storageUnavailable,
  walKeptBytes,
  type Database,
} from './database.ts'
import { createClockJumps, followClockSince } from './clock-jumps.ts'
import { createDeadLetters } from '../dead-letters.ts'
import { identify, watchFile } from './file-watch.ts'
import { type Journal } from '../journal.ts'
import { createLimits, type Intake } from './limits.ts'
import { createOutbox } from '../outbox.ts'
import { ownJournal } from './owner.ts'
import { toRecord } from '../../redemptions/record.ts'
import { createRedemptionRows } from '../redemption-rows.ts'
import { createRedemptions } from '../redemptions.ts'
import { createRetention } from '../retention.ts'
import { createSeal } from '../seal.ts'
import { checkSealKeys } from '../seal-keys.ts'
import { readStats } from '../stats.ts'
import { createTroubles } from '../troubles.ts'
import { createWriter } from './writer.ts'

/** A call was left by its process if it has not settled this long after the till's deadline. */
const abandonedAfterMs = 1000

export type JournalDeps = {
  clock: Clock
  log: Logger
  metrics: Pick<
    Metrics,
    'journalCommitSeconds' | 'journalFailures' | 'journalTrouble' | 'journalMaxBytes' | 'clockJumps'
  >
}

/**
 * The journal of one replica: one SQLite file on the pod's own volume, which nobody else may have.
 *
 * @throws StorageUnavailable if the file cannot be opened
 * @throws JournalInUse if another process has it
 * @throws JournalKeyMissing if it holds rows that no given key opens
 */
export function createSqliteJournal(config: Config['journal'], deps: JournalDeps): Journal {
  const disown = ownJournal(config.path)
  try {
    const db = openDatabase(config.path, deps.log)
    followClockSince(db, deps)
    const journal = journalIn(db, config, deps, identify(db))
    return {
      ...journal,
      async close() {
        await journal.close()
        disown()
      },
    }
  } catch (error) {
    disown()
    throw error
  }
}

/**
 * The journal of a service that may be running, for an operator's command beside it.
 *
 * @throws StorageUnavailable where there is none, or it is damaged or of another version
 * @throws JournalKeyMissing where it holds rows that no given key opens
 */
export function openSqliteJournal(config: Config['journal'], deps: JournalDeps): Journal {
  return journalIn(openExistingDatabase(config.path), config, deps, undefined)
}

/** This function is above 40 lines since it is a list: each function of the journal, and where it is done. */
function journalIn(
  db: Database,
  config: Config['journal'],
  { clock, log, metrics }: JournalDeps,
  applicationId: number | undefined,
): Journal {
  const seal = createSeal(config.keys)
  try {
    checkSealKeys(db, seal.keyIds)
  } catch (error) {
    db.close()
    throw error
  }

  const rows = createRedemptionRows(db, seal)
  const redemptions = createRedemptions(rows, config.posDeadlineMs + abandonedAfterMs)
  const claimCoupons = createBillCoupons(rows)
  const deadLetters = createDeadLetters(db, seal)
  const outbox = createOutbox(db, seal, deadLetters)
  const approvals = createApprovals(db, createKeyedHash(config.cardHashKey))
  const budgetLog = createBudgetLog(db)
  const forget = createRetention(db, config.venueStaleMs)
  const troubles = createTroubles({ log, metrics })
  const files = watchFile(config.path, applicationId, endAtOnce)
  const limits = createLimits(db, config.maxBytes, troubles, files.lost)
  const jumps = createClockJumps(db, { clock, log, metrics })
  let isClosed = false
  const prepare = () => {
    // Whoever is late finds it closed, which is no trouble: its files may be gone.
    if (isClosed) return
    files.checkIndex()
    jumps.follow()
  }
  const { write, flush } = createWriter(db, troubles, prepare, (seconds, isDone) => {
    metrics.journalCommitSeconds.observe(seconds)
    limits.noteCommit()
    if (!isDone) metrics.journalFailures.inc()
  })
  metrics.journalMaxBytes.set(config.maxBytes)
  const now = () => clock.nowMs()
  /** OKs that have left while the journal could not be written: once it can, no undo of them may come first. */
  const answeredButUnmarked = new Set<string>()

  async function read<T>(work: () => T): Promise<T> {
    try {
      prepare()
      return work()
    } catch (error) {
      if (!isStorageTrouble(error)) throw error
      if (isDamaged(error)) troubles.note('damaged', storageUnavailable(error).message)
      throw storageUnavailable(error)
    }
  }

  /** For what comes new: refused before anything is done for it where there is no room. */
  async function admit<T>(intake: Intake, work: () => T): Promise<T> {
    await read(() => limits.admit(intake))
    return await write(work)
  }

  return {
    beginDebit: (intent, decide) => admit('redemption', () => redemptions.beginDebit(intent, decide, now())),
    async markAnswered(id) {
      answeredButUnmarked.add(id)
      await write(() => redemptions.record(id, { kind: 'answered' }, now()))
      answeredButUnmarked.delete(id)
    },
    beginCredit: (intent, decide) =>
      admit('redemption', () => redemptions.beginCredit(intent, decide, now())),
    dueUndos: (limit) => read(() => redemptions.dueUndos(limit, now())),
    beginUndo: (id) =>
      write(() => {
        if (answeredButUnmarked.has(id)) redemptions.record(id, { kind: 'answered' }, now())
        return redemptions.beginUndo(id, now())
      }),
    record: (id, event) => write(() => redemptions.record(id, event, now())),
    stuckRedemptions: () => read(() => rows.findStuck().map(toRecord)),
    async findRedemption(id) {
      const found = await read(() => rows.find(id))
      return found && toRecord(found.redemption)
    },
    async acceptTicket(ticket, card) {
      const accepted = await admit('ticket', () => {
        if (outbox.isRepeat(ticket)) return { isDuplicate: true }
        const refusal = ticket.venue && limits.ticketShareTaken(ticket.venue)
        if (refusal) return refusal
        const coupons = card ? claimCoupons(card.bill, card.decide, now()) : ticket.closed.coupons
        outbox.take(ticket, coupons, now())
        return { isDuplicate: false }
      })
      if (typeof accepted === 'string') throw new StorageUnavailable(accepted)
      return accepted
    },
    async waitingTickets(limit) {
      const { tickets, broken } = await read(() => outbox.waiting(limit))
      if (broken.length > 0) {
        await write(() => outbox.setAside(broken, now()))
        log.error({ eventIds: broken }, 'the seals of tickets are broken: set aside, as nobody can read them')
      }
      return tickets
    },
    markPublished: (eventIds) => write(() => outbox.markPublished(eventIds, now())),
    // Takes no more room than the ticket did, and must not hold up those behind it.
    buryTicket: (eventId, reason) => write(() => outbox.bury(eventId, reason, now())),
    async keepDeadLetter(message) {
      // A repeat needs no more room.
      if (await read(() => deadLetters.isKept(message))) return
      const refusal = await admit('dead_letter', () => {
        const reason = limits.deadLetterShareTaken(message.venue.coreId)
        if (reason === undefined) deadLetters.keepMessage(message, now())
        return reason
      })
      if (refusal !== undefined) throw new StorageUnavailable(refusal)
    },
    deadLetters: () => read(() => deadLetters.list()),
    openDeadLetter: (id) => read(() => deadLetters.open(id)),
    requeueTicket: (id) => write(() => outbox.requeue(id, now())),
    dropDeadLetter: (id) => write(() => deadLetters.drop(id)),
    findApproval: (credentials) => read(() => approvals.find(credentials)),
    keepApproval: ({ apiKey }, approval) => write(() => approvals.keep(apiKey, approval)),
    dropApproval: (credentials) => write(() => approvals.drop(credentials)),
    openBudget: () => write(() => budgetLog.open()),
    keepBlock: (scope, blockedUntilMs) => write(() => budgetLog.keepBlock(scope, blockedUntilMs)),
    closeBudget: (scopes) => write(() => budgetLog.close(scopes)),
    stats: () => read(() => readStats(db)),
    trouble: () => troubles.worst(),

    async tidy() {
      // No till may send anything for hours: whether it can be written again is tried here.
      if (troubles.reason('unwritable')) {
        await read(() => db.renew())
        await write(() => db.run('UPDATE dead_letter_totals SET letters = letters'))
      }
      const rows = await write(() => {
        jumps.remember()
        return jumps.isSteady() ? forget(now()) : 0
      })
      await read(() => {
        if (db.sizes().walBytes > walKeptBytes) db.checkpoint()
        limits.look()
      })
      return { isTidy: rows === 0 }
    },

    async close() {
      if (isClosed) return
      isClosed = true
      flush()
      db.close()
    },
  }
}

/** Before anything else runs that might touch the file: that would end the process without a word. */
function endAtOnce() {
  process.nextTick(() => {
    throw new StorageUnavailable("somebody has cut the index of the journal's log (-shm) while it is in use")
  })
}
