import type { Config } from '../../config/config.ts'
import { createKeyedHash } from '../../model/keys.ts'
import { toRecord } from '../../redemptions/record.ts'
import { createApprovals } from '../approvals.ts'
import { createBudgetLog } from '../budget-log.ts'
import type { Journal } from '../journal.ts'
import { createRedemptionRows, type RedemptionRows } from '../redemption-rows.ts'
import { createRedemptions } from '../redemptions.ts'
import { checkSealKeys } from '../seal-keys.ts'
import { createSeal } from '../seal.ts'
import { readStats } from '../stats.ts'
import { createAccess, type Access, type JournalDeps } from './access.ts'
import { followClockSince } from './clock-jumps.ts'
import { openDatabase, openExistingDatabase, type Database } from './database.ts'
import { identify } from './file-watch.ts'
import { ownJournal } from './owner.ts'
import { createTicketFunctions } from './ticket-functions.ts'

/** If a call has not settled this long after the till's deadline, its process has died. */
const abandonedAfterMs = 1000

/**
 * The journal of one replica: one SQLite file on the pod's own volume, used by no other service.
 *
 * @throws StorageUnavailable if the file cannot be opened
 * @throws JournalInUse if another process uses it
 * @throws JournalKeyMissing if it has rows that no given key opens
 */
export function createSqliteJournal(config: Config['journal'], deps: JournalDeps): Journal {
  const release = ownJournal(config.path)
  try {
    const db = openDatabase(config.path, deps.log)
    followClockSince(db, deps)
    const journal = journalIn(db, config, deps, identify(db))
    return {
      ...journal,
      async close() {
        await journal.close()
        release()
      },
    }
  } catch (error) {
    release()
    throw error
  }
}

/**
 * The journal of a service that may be running, for an operator's command.
 *
 * @throws StorageUnavailable if there is none, or it is damaged or of another version
 * @throws JournalKeyMissing if it has rows that no given key opens
 */
export function openSqliteJournal(config: Config['journal'], deps: JournalDeps): Journal {
  return journalIn(openExistingDatabase(config.path), config, deps, undefined)
}

function journalIn(
  db: Database,
  config: Config['journal'],
  deps: JournalDeps,
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
  const access = createAccess(db, config, deps, applicationId)
  const { read, write, tidy, trouble, close } = access
  const approvals = createApprovals(db, createKeyedHash(config.cardHashKey))
  const budgetLog = createBudgetLog(db)
  return {
    ...ofRedemptions(rows, access, config.posDeadlineMs + abandonedAfterMs),
    ...createTicketFunctions({ db, seal, rows }, access, deps),
    findApproval: (credentials) => read(() => approvals.find(credentials)),
    keepApproval: ({ apiKey }, approval) => write(() => approvals.keep(apiKey, approval)),
    dropApproval: (credentials) => write(() => approvals.drop(credentials)),
    openBudget: () => write(() => budgetLog.open()),
    keepBlock: (scope, blockedUntilMs) => write(() => budgetLog.keepBlock(scope, blockedUntilMs)),
    closeBudget: (scopes) => write(() => budgetLog.close(scopes)),
    stats: () => read(() => readStats(db)),
    tidy,
    trouble,
    close,
  }
}

type OfRedemptions = Pick<
  Journal,
  | 'beginDebit'
  | 'beginCredit'
  | 'record'
  | 'markAnswered'
  | 'dueUndos'
  | 'beginUndo'
  | 'stuckRedemptions'
  | 'findRedemption'
>

function ofRedemptions(
  rows: RedemptionRows,
  { read, write, admit }: Access,
  settleWithinMs: number,
): OfRedemptions {
  const redemptions = createRedemptions(rows, settleWithinMs)
  /** OKs that left while the journal could not be written. Before an undo of one of these, it is marked as answered. */
  const answeredButUnmarked = new Set<string>()
  const markAnswered = (id: string, nowMs: number) => redemptions.record(id, { kind: 'answered' }, nowMs)

  return {
    beginDebit: (intent, decide) =>
      admit('redemption', (nowMs) => redemptions.beginDebit(intent, decide, nowMs)),
    beginCredit: (intent, decide) =>
      admit('redemption', (nowMs) => redemptions.beginCredit(intent, decide, nowMs)),
    record: (of, event) => write((nowMs) => redemptions.record(of, event, nowMs)),
    async markAnswered(id) {
      answeredButUnmarked.add(id)
      await write((nowMs) => markAnswered(id, nowMs))
      answeredButUnmarked.delete(id)
    },
    dueUndos: (limit) => read((nowMs) => redemptions.dueUndos(limit, nowMs)),
    beginUndo: (id) =>
      write((nowMs) => {
        if (answeredButUnmarked.has(id)) markAnswered(id, nowMs)
        return redemptions.beginUndo(id, nowMs)
      }),
    stuckRedemptions: () => read(() => rows.findStuck().map(toRecord)),
    async findRedemption(id) {
      const found = await read(() => rows.find(id))
      return found && toRecord(found.redemption)
    },
  }
}
