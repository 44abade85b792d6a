import type { Config } from '../../config/config.ts'
import { createKeyedHash } from '../../model/keys.ts'
import { createActs } from '../acts.ts'
import { createApprovals } from '../approvals.ts'
import { budgetLog } from './budget-log.ts'
import type { Journal, JournalDeps } from '../journal.ts'
import { createErase } from '../erase.ts'
import { createLookUps } from '../look-ups.ts'
import { createRedemptionFunctions } from '../redemption-functions.ts'
import { createRedemptionRows } from '../redemption-rows.ts'
import { checkSealKeys } from '../seal-keys.ts'
import { createSeal } from '../seal.ts'
import { readStats } from '../stats.ts'
import { createAccess, type Owner } from './access.ts'
import { followClockSince } from './clock-jumps.ts'
import { openDatabase, openExistingDatabase, type Database } from './database.ts'
import { identify } from './file-watch.ts'
import { ownJournal } from './owner.ts'
import { createTicketFunctions } from '../ticket-functions.ts'

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
    const journal = createJournalOn(db, config, deps, { applicationId: identify(db) })
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
  return createJournalOn(openExistingDatabase(config.path), config, deps, undefined)
}

function createJournalOn(
  db: Database,
  config: Config['journal'],
  deps: JournalDeps,
  owner: Owner | undefined,
): Journal {
  const seal = createSeal(config.keys)
  try {
    db.do(checkSealKeys(seal.keyIds))
  } catch (error) {
    db.close()
    throw error
  }

  const rows = createRedemptionRows(seal)
  const access = createAccess(db, config, deps, owner)
  const { read, write, tidy, trouble, close } = access
  const approvals = createApprovals(createKeyedHash(config.cardHashKey))
  return {
    ...createRedemptionFunctions(rows, access, config.posDeadlineMs),
    lookUps: createLookUps(seal, access),
    acts: createActs(rows, seal, access),
    ...createErase(seal, access),
    ...createTicketFunctions(rows, seal, access, deps.log),
    findApproval: (credentials) => read(() => approvals.find(credentials)),
    keepApproval: ({ apiKey }, approval) => write(() => approvals.keep(apiKey, approval)),
    dropApproval: (credentials) => write(() => approvals.drop(credentials)),
    sharedBudget: undefined,
    sharedLease: undefined,
    sharedReplicas: undefined,
    durability: () => undefined,
    sharedNotices: undefined,
    openBudget: () => write(() => budgetLog.open()),
    keepBlock: (scope, blockedUntilMs) => write(() => budgetLog.keepBlock(scope, blockedUntilMs)),
    closeBudget: (scopes) => write(() => budgetLog.close(scopes)),
    stats: async () => ({ ...(await read(readStats)), ...db.sizes() }),
    tidy,
    trouble,
    close,
  }
}
