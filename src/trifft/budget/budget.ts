import type { Config } from '../../config/config.ts'
import type { BudgetLeft } from '../../journal/journal.ts'
import type { Journal } from '../../journal/journal.ts'
import type { Credentials } from '../../model/words.ts'
import type { Clock, Timers } from '../../time/clock.ts'
import { describeError, type Logger } from '../../observability/logger.ts'
import type { Metrics } from '../../observability/metrics.ts'
import { networkOf } from '../../observability/source-address.ts'
import { lanes, type Lane } from './lanes.ts'
import { createSharedScope } from './shared-scope.ts'
import { maxBlockMs, toBlockMs } from './block.ts'
import type { Claim, Reason, Slot } from './claims.ts'
import { createSlots, type Slots } from './slots.ts'

type Deps = {
  journal: Pick<Journal, 'openBudget' | 'keepBlock' | 'closeBudget' | 'sharedBudget'>
  clock: Clock
  timers: Timers
  metrics: Metrics
  log: Logger
}

type Sender = { credentials: Credentials; sourceAddress?: string }

export type Budget = ReturnType<typeof createBudget>

/** What keeps calls from leaving. For how long is unknown if all slots are in use. */
type Hold = { reason: Reason; forMs?: number }

/** The scope of keys that no approved till has used yet. No tenant has this name. */
const strangers = 'strangers'

/**
 * Keeps us below the core's published limit, also across restarts. Above it (50 requests in 10 s) the core answers everything
 * with 429 for a minute (`contracts/trifft-core.openapi.yaml`).
 */
export function createBudget(config: Config['core'], { journal, clock, timers, metrics, log }: Deps) {
  /** By tenant; or one, `all`. */
  const scopes = new Map<string, Slots>()
  /** What a new scope begins with; monotonic ms. */
  const past = { spentUntilMs: 0, quietUntilMs: 0, blockedUntilMs: 0 }
  metrics.coreSlotsLimit.set(config.rateLimit)

  /** Only approved keys have a scope of their own: otherwise each made-up key would have a budget. */
  function scopeOf({ tenant }: Credentials, lane: Lane): string {
    if (config.rateScope === 'all') return 'all'
    return lane === 'stranger' && !scopes.has(tenant) ? strangers : tenant
  }

  function slotsOf(scope: string): Slots {
    const slots = scopes.get(scope)
    if (slots) return slots
    dropIdle()
    return add(scope, spentBefore(), past.blockedUntilMs)
  }

  function spentWindow(): number[] {
    const isSpent = past.spentUntilMs > clock.monotonicMs()
    return isSpent ? Array<number>(config.rateLimit).fill(past.spentUntilMs) : []
  }

  /** The first checks of a key were sent as a stranger's, and the core may have counted them for this key. */
  function spentBefore(): number[] {
    const spent = spentWindow()
    return spent.length > 0 ? spent : (scopes.get(strangers)?.freeAtMs() ?? [])
  }

  function add(scope: string, freeAtMs: number[], blockedUntilMs: number): Slots {
    const { rateLimit: limit, rateWindowMs: windowMs } = config
    const onBlock = (retryAfterSeconds: number | undefined) => block(scope, retryAfterSeconds)
    const { quietUntilMs } = past
    const budget = limit > 0 ? journal.sharedBudget : undefined
    const slots = createSlots({
      limit,
      windowMs,
      freeAtMs,
      quietUntilMs,
      blockedUntilMs,
      shared: budget && createSharedScope({ budget, scope, limit, windowMs, timers }),
      onBlock,
      clock,
      timers,
      metrics,
    })
    scopes.set(scope, slots)
    return slots
  }

  /** Keys come from outside, so what is remembered of them must not grow. A claim waits only if slots are in use. */
  function dropIdle() {
    for (const [scope, slots] of scopes)
      if (slots.freeAtMs().length === 0 && slots.blockedForMs() === 0) scopes.delete(scope)
  }

  function block(scope: string, retryAfterSeconds: number | undefined) {
    const forMs = toBlockMs(retryAfterSeconds) ?? config.blockMs
    const slots = slotsOf(scope)
    // One line for all the calls that were under way together.
    if (slots.blockedForMs() === 0)
      log.warn({ scope, forMs }, 'the core has blocked us: nothing is sent until that is over')
    slots.block(clock.monotonicMs() + forMs)
    journal.keepBlock(scope, clock.nowMs() + forMs).catch((error: unknown) => {
      log.warn({ scope, error: describeError(error) }, 'a block by the core could not be written down')
    })
  }

  /** @param left how the process before this one left the budget */
  function resume({ how, scopes: stored }: BudgetLeft) {
    const nowMs = clock.monotonicMs()
    const toMonotonic = (epochMs: number, maxMs: number) =>
      nowMs + Math.min(Math.max(epochMs - clock.nowMs(), 0), maxMs)
    if (how === 'killed') past.spentUntilMs = past.quietUntilMs = nowMs + config.rateWindowMs

    for (const { scope, blockedUntilMs, ...used } of stored) {
      const freeAtMs = used.freeAtMs.map((atMs) => toMonotonic(atMs, config.rateWindowMs)).toSorted(ascending)
      const untilMs = toMonotonic(blockedUntilMs ?? 0, maxBlockMs)
      if ((scope === 'all') === (config.rateScope === 'all')) {
        add(scope, how === 'killed' ? spentWindow() : freeAtMs, untilMs)
      } else {
        // CORE_RATE_SCOPE has changed: whose calls these were is unknown, so they count for every key.
        past.spentUntilMs = Math.max(past.spentUntilMs, ...freeAtMs)
        past.blockedUntilMs = Math.max(past.blockedUntilMs, untilMs)
      }
    }
    dropIdle()
  }

  /** @returns why some call would not be sent now, and for how long; undefined if there is room for every key */
  function findHold(): Hold | undefined {
    const all = [...scopes.values()]
    const blockedForMs = Math.max(0, ...all.map((slots) => slots.blockedForMs()))
    if (blockedForMs > 0) return { reason: 'blocked', forMs: blockedForMs }
    if (config.rateLimit === 0) return undefined
    const quietForMs = past.quietUntilMs - clock.monotonicMs()
    if (quietForMs > 0) return { reason: 'quiet_after_kill', forMs: quietForMs }
    const isFull = all.some((slots) => slots.freeAtMs().length >= config.rateLimit)
    return isFull ? { reason: 'no_slot' } : undefined
  }

  return {
    /** Goes on from what the process before this one has left. Has to be done before the first call leaves. */
    async open(): Promise<void> {
      const left = await journal.openBudget().catch((error: unknown): BudgetLeft => {
        log.warn({ error: describeError(error) }, 'the budget could not be read, and counts as spent')
        return { how: 'killed', scopes: [] }
      })
      resume(left)
    },

    /**
     * @param claim `lane`: who goes first; `count`: all of them or none; `waitMs`: how long it may wait;
     * `sourceAddress`: by which strangers take turns, since anybody can make up credentials
     * @returns what runs as many calls
     * @throws CoreUnavailable `CORE_BUSY`, at once if no slot can be free in time, and during a block
     */
    acquire(claim: Omit<Claim, 'turnOf'> & Sender): Promise<Slot> {
      const { credentials, sourceAddress, ...rest } = claim
      const turnOf =
        claim.lane === 'stranger'
          ? networkOf(sourceAddress ?? 'unknown')
          : `${credentials.tenant}/${credentials.venueId}`
      return slotsOf(scopeOf(credentials, claim.lane)).acquire({ ...rest, turnOf })
    },

    /** For the metrics page and the health page. */
    stats() {
      const all = [...scopes.values()]
      const hold = findHold()
      return {
        slotsInUse: Math.max(0, ...all.map((slots) => slots.freeAtMs().length)),
        hold,
        isBlocked: hold?.reason === 'blocked',
        waiting: lanes.map((lane) => ({
          lane,
          count: all.reduce((sum, slots) => sum + slots.waiting(lane), 0),
        })),
      }
    },

    /** Refuses the claims that wait, and writes down what is in use for the next process. */
    async close(): Promise<void> {
      const epochMs = (atMs: number) => clock.nowMs() + atMs - clock.monotonicMs()
      const left = [...scopes].map(([scope, slots]) => {
        slots.close()
        return { scope, freeAtMs: slots.freeAtMs().map(epochMs) }
      })
      // Nobody knows what the process before this one has sent: the next one has to begin as after a kill too.
      if (past.spentUntilMs > clock.monotonicMs()) return
      await journal.closeBudget(left).catch((error: unknown) => {
        log.warn({ error: describeError(error) }, 'the budget could not be written down')
      })
    },
  }
}

function ascending(a: number, b: number): number {
  return a - b
}
