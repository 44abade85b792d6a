import type { Config } from '../../config/config.ts'
import type { BudgetLeft } from '../../journal/journal.ts'
import type { Journal } from '../../journal/journal.ts'
import type { Credentials } from '../../model/words.ts'
import type { Clock, Timers } from '../../time/clock.ts'
import { describeError, type Logger } from '../../observability/logger.ts'
import type { Metrics } from '../../observability/metrics.ts'
import { networkOf } from '../../observability/source-address.ts'
import { lanes, type Lane } from './lanes.ts'
import { createSlots, type Claim, type Reason, type Slot, type Slots } from './slots.ts'

type Deps = {
  journal: Pick<Journal, 'openBudget' | 'keepBlock' | 'closeBudget'>
  clock: Clock
  timers: Timers
  metrics: Metrics
  log: Logger
}

type Sender = { credentials: Credentials; sourceAddress?: string }

export type Budget = ReturnType<typeof createBudget>

/** What keeps calls from leaving; how long is not known while slots are only taken. */
export type Hold = { reason: Reason; forMs?: number }

/** A `Retry-After` below would have us knock without a pause, and one above may be a mistake of somebody's clock. */
const leastBlockMs = 1_000
const longestBlockMs = 3_600_000
/** What keys share that no approved till has come with; no tenant has this name. */
const strangers = 'strangers'

/**
 * Keeps us below the core's published limit (`contracts/trifft-core.openapi.yaml`: 50 requests in 10 s, else 429 for
 * everything for a minute), over restarts too.
 */
export function createBudget(config: Config['core'], { journal, clock, timers, metrics, log }: Deps) {
  /** By tenant, or one for all. */
  const scopes = new Map<string, Slots>()
  /** What a scope begins with that has no past of its own; monotonic ms. */
  const past = { spentUntilMs: 0, quietUntilMs: 0, blockedUntilMs: 0 }
  metrics.coreSlotsLimit.set(config.rateLimit)

  /** A scope of its own is for keys that were approved: whoever makes up keys would have as many budgets. */
  function scopeOf({ tenant }: Credentials, lane: Lane): string {
    if (config.rateScope === 'all') return 'all'
    return lane === 'stranger' && !scopes.has(tenant) ? strangers : tenant
  }

  function find(scope: string): Slots {
    const known = scopes.get(scope)
    if (known) return known
    dropIdle()
    return add(scope, spentBefore(), past.blockedUntilMs)
  }

  function spentWindow(): number[] {
    const isSpent = past.spentUntilMs > clock.monotonicMs()
    return isSpent ? Array<number>(config.rateLimit).fill(past.spentUntilMs) : []
  }

  /** The first checks of a key were sent as a stranger's, and the core has counted them. */
  function spentBefore(): number[] {
    const spent = spentWindow()
    return spent.length > 0 ? spent : (scopes.get(strangers)?.takenUntilMs() ?? [])
  }

  function add(scope: string, takenUntilMs: number[], blockedUntilMs: number): Slots {
    const { rateLimit: limit, rateWindowMs: windowMs } = config
    const onBlock = (retryAfterSeconds: number | undefined) => block(scope, retryAfterSeconds)
    const { quietUntilMs } = past
    const slots = createSlots({
      limit,
      windowMs,
      takenUntilMs,
      quietUntilMs,
      blockedUntilMs,
      onBlock,
      clock,
      timers,
      metrics,
    })
    scopes.set(scope, slots)
    return slots
  }

  /** Keys come from outside: what is remembered of them must not grow. Whoever waits has slots taken before it. */
  function dropIdle() {
    for (const [scope, slots] of scopes)
      if (slots.takenUntilMs().length === 0 && slots.blockedForMs() === 0) scopes.delete(scope)
  }

  function block(scope: string, retryAfterSeconds: number | undefined) {
    const forMs =
      retryAfterSeconds === undefined
        ? config.blockMs
        : Math.min(Math.max(retryAfterSeconds * 1000, leastBlockMs), longestBlockMs)
    const slots = find(scope)
    // Calls that were under way together are all refused.
    if (slots.blockedForMs() === 0)
      log.warn({ scope, forMs }, 'the core has blocked us: nothing is sent until that is over')
    slots.block(clock.monotonicMs() + forMs)
    journal.keepBlock(scope, clock.nowMs() + forMs).catch((error: unknown) => {
      log.warn({ scope, error: describeError(error) }, 'a block by the core could not be written down')
    })
  }

  /** @param left what the journal says; without its word all counts as spent */
  function takeOver({ how, scopes: stored }: BudgetLeft) {
    const nowMs = clock.monotonicMs()
    const toMonotonic = (epochMs: number, mostMs: number) =>
      nowMs + Math.min(Math.max(epochMs - clock.nowMs(), 0), mostMs)
    if (how === 'killed') past.spentUntilMs = past.quietUntilMs = nowMs + config.rateWindowMs

    for (const { scope, freeAtMs, blockedUntilMs } of stored) {
      const takenUntilMs = freeAtMs.map((atMs) => toMonotonic(atMs, config.rateWindowMs)).toSorted(ascending)
      const untilMs = toMonotonic(blockedUntilMs ?? 0, longestBlockMs)
      if ((scope === 'all') === (config.rateScope === 'all')) {
        add(scope, how === 'killed' ? spentWindow() : takenUntilMs, untilMs)
      } else {
        // CORE_RATE_SCOPE has changed: whose calls those were cannot be said, so they count for everybody.
        past.spentUntilMs = Math.max(past.spentUntilMs, ...takenUntilMs)
        past.blockedUntilMs = Math.max(past.blockedUntilMs, untilMs)
      }
    }
    dropIdle()
  }

  /** @returns why a call would not be sent just now, and for how long; undefined if there is room. The worst of all keys. */
  function findHold(): Hold | undefined {
    const all = [...scopes.values()]
    const blockedForMs = Math.max(0, ...all.map((slots) => slots.blockedForMs()))
    if (blockedForMs > 0) return { reason: 'blocked', forMs: blockedForMs }
    if (config.rateLimit === 0) return undefined
    const quietForMs = past.quietUntilMs - clock.monotonicMs()
    if (quietForMs > 0) return { reason: 'quiet_after_kill', forMs: quietForMs }
    const taken = all.map((slots) => slots.takenUntilMs().length)
    return taken.some((count) => count >= config.rateLimit) ? { reason: 'no_slot' } : undefined
  }

  return {
    /** Takes over what the process before this one has left; calls that leave before this are not counted. */
    async open(): Promise<void> {
      const left = await journal.openBudget().catch((error: unknown): BudgetLeft => {
        log.warn({ error: describeError(error) }, 'the budget could not be read, and counts as spent')
        return { how: 'killed', scopes: [] }
      })
      takeOver(left)
    },

    /**
     * @param claim `lane`: who goes first; `count`: all of them or none; `waitMs`: how long it may take;
     * `sourceAddress`: of a stranger, whose credentials anybody can make up
     * @returns what runs so many calls
     * @throws CoreUnavailable `CORE_BUSY`, at once where no slot can be free in time, and during a block
     */
    take(claim: Omit<Claim, 'turnOf'> & Sender): Promise<Slot> {
      const { credentials, sourceAddress, ...rest } = claim
      const turnOf =
        claim.lane === 'stranger'
          ? networkOf(sourceAddress ?? 'unknown')
          : `${credentials.tenant}/${credentials.venueId}`
      return find(scopeOf(credentials, claim.lane)).take({ ...rest, turnOf })
    },

    /** For the metrics page and the health answer. */
    stats() {
      const all = [...scopes.values()]
      const hold = findHold()
      return {
        slotsTaken: Math.max(0, ...all.map((slots) => slots.takenUntilMs().length)),
        hold,
        isBlocked: hold?.reason === 'blocked',
        waiting: lanes.map((lane) => ({
          lane,
          count: all.reduce((sum, slots) => sum + slots.waiting(lane), 0),
        })),
      }
    },

    /** Refuses whoever waits, and leaves word for the next process. */
    async close(): Promise<void> {
      const epochMs = (atMs: number) => clock.nowMs() + atMs - clock.monotonicMs()
      const left = [...scopes].map(([scope, slots]) => {
        slots.close()
        return { scope, freeAtMs: slots.takenUntilMs().map(epochMs) }
      })
      // Whose calls these were is not known, so there is nothing to hand on: the next one counts as after a kill too.
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
