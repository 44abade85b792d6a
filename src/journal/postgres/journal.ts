import type { Config } from '../../config/config.ts'
import { createKeyedHash } from '../../model/keys.ts'
import type { Access, BeginWork, Intake } from '../access.ts'
import { createActs } from '../acts.ts'
import { createApprovals } from '../approvals.ts'
import type { Journal, JournalDeps } from '../journal.ts'
import { createErase } from '../erase.ts'
import { createLookUps } from '../look-ups.ts'
import { createRedemptionFunctions } from '../redemption-functions.ts'
import { createRedemptionRows } from '../redemption-rows.ts'
import { createRetention } from '../retention.ts'
import { describeMissingKeys } from '../seal-keys.ts'
import { createSeal } from '../seal.ts'
import { readStats } from '../stats.ts'
import { createTicketFunctions } from '../ticket-functions.ts'
import { createTroubles } from '../troubles.ts'
import { analyze } from './analyze.ts'
import { createSharedBudget, keepBlockSql } from './budget.ts'
import { createDurabilityWatch } from './durability.ts'
import { createSharedLease } from './lease.ts'
import { DatabaseUnavailable } from './failures.ts'
import { createLimits } from './limits.ts'
import { createMigration } from './migrate.ts'
import { migrations as allMigrations } from './migrations.ts'
import { createNotices } from './notices.ts'
import { createSharedReplicas } from './replicas.ts'
import { createPool, type PostgresConfig } from './pool.ts'
import { createServerWatch } from './server-watch.ts'
import { createTransactions } from './transactions.ts'

/** Replicas that could not write down which OKs have left do so within this time after the database is back. */
const afterOutageMs = 10_000
/**
 * PostgreSQL's function that warns of a commit that somebody has cancelled while it waited for a standby: it counts as
 * done. The text of the warning depends on the server's language.
 */
const unreplicatedRoutine = 'SyncRepWaitForLSN'

/**
 * The journal that several replicas share. It opens without the database, which is migrated by the first use that
 * reaches it.
 * @param migrations tests pass those of another release
 */
export function createPostgresJournal(
  config: Config['journal'],
  postgres: PostgresConfig,
  { clock, log, metrics }: JournalDeps,
  migrations = allMigrations,
): Journal {
  const pool = createPool(postgres, log, ({ routine }) => {
    if (routine === unreplicatedRoutine) metrics.journalUnreplicated.inc()
  })
  const troubles = createTroubles({ log, metrics })
  const limits = createLimits(config.maxBytes, troubles)
  const durability = createDurabilityWatch({ ...postgres, troubles, log, metrics })
  const forget = createRetention(config.venueStaleMs)
  const seal = createSeal(config.keys)
  const rows = createRedemptionRows(seal)
  const approvals = createApprovals(createKeyedHash(config.cardHashKey))
  metrics.journalMaxBytes.set(config.maxBytes)
  let awayAtMs = -Infinity
  let reachedAtMs = -Infinity

  const schema = createMigration(pool, postgres.patienceMs, migrations)
  const server = createServerWatch({ pool, clock, log, metrics, onChange: durability.lookAtOnce })
  const transactions = createTransactions({
    pool,
    server,
    clock,
    log,
    migrated: schema.migrated,
    patienceMs: postgres.patienceMs,
    observe(seconds, failure) {
      metrics.journalCommitSeconds.observe(seconds)
      if (failure) metrics.journalFailures.inc()
    },
    observeConnection: (seconds) => metrics.journalConnectionSeconds.observe(seconds),
  })

  const write = <T>(work: BeginWork<T>, card?: string): Promise<T> =>
    use(() => transactions.transact(work, card))
  const amend = <T>(work: BeginWork<T>): Promise<T> => use(() => transactions.amend(work))
  const once = (text: string, values: unknown[]) => use(() => transactions.once(text, values))

  async function use<T>(action: () => Promise<T>): Promise<T> {
    const begunMs = clock.monotonicMs()
    try {
      const result = await action()
      reached()
      return result
    } catch (error) {
      if (!(error instanceof DatabaseUnavailable)) {
        // What was refused for lack of room has reached it.
        reached()
        throw error
      }
      awayAtMs = clock.monotonicMs()
      // Else what was begun before its return, and fails after it, would report it as away again.
      if (reachedAtMs <= begunMs) troubles.set('away', error.message)
      throw error
    }
  }

  function reached() {
    reachedAtMs = clock.monotonicMs()
    troubles.set('away', undefined)
  }

  const notices = createNotices({ config: postgres, once, log })
  const access: Access = {
    read: write,
    write,
    amend,
    admit: <T>(intake: Intake, work: BeginWork<T>, card?: string): Promise<T> =>
      write(function* (nowMs, mayBeDone) {
        // What may be done is in that room already.
        if (!mayBeDone) {
          yield* durability.look()
          if (limits.isOld()) yield* limits.measure()
          limits.admit(intake)
        }
        return yield* work(nowMs, mayBeDone)
      }, card),
    limits,
    wasAway: (nowMs) =>
      clock.monotonicMs() - awayAtMs < afterOutageMs || nowMs - server.servedFromMs() < afterOutageMs,
  }

  return {
    ...createRedemptionFunctions(rows, access, config.posDeadlineMs),
    lookUps: createLookUps(seal, access),
    acts: createActs(rows, seal, access),
    ...createErase(seal, access),
    ...createTicketFunctions(rows, seal, access, log),
    findApproval: (credentials) => write(() => approvals.find(credentials)),
    keepApproval: ({ apiKey }, approval) => write(() => approvals.keep(apiKey, approval)),
    dropApproval: (credentials) => write(() => approvals.drop(credentials)),
    durability: durability.found,
    sharedBudget: createSharedBudget(once, log),
    sharedLease: createSharedLease(once),
    sharedReplicas: createSharedReplicas(once),
    sharedNotices: notices,
    // The calls of killed processes are in the budget that all share.
    openBudget: async () => ({ how: 'stopped', scopes: [] }),
    closeBudget: async () => undefined,
    async keepBlock(scope, blockedUntilMs) {
      await once(keepBlockSql, [scope, blockedUntilMs - clock.nowMs()])
    },
    async stats() {
      const stats = await write(function* () {
        yield* durability.look()
        return yield* readStats()
      })
      return { ...stats, bytes: limits.bytes(), walBytes: 0 }
    },
    async tidy() {
      const { deleted, missingKeys } = await write(function* (nowMs) {
        yield* schema.look()
        yield* durability.look()
        yield* limits.measure()
        yield* server.writeDown(nowMs)
        const deleted = server.isSteady() ? yield* forget(nowMs) : 0
        return { deleted, missingKeys: yield* describeMissingKeys(seal.keyIds) }
      })
      troubles.set('key_missing', missingKeys)
      // If it fails, the next step tries again.
      await analyze(pool).catch(() => undefined)
      return { isTidy: deleted === 0 }
    },
    trouble: () => troubles.worst(),
    async close() {
      await notices.close()
      await pool.end()
    },
  }
}
