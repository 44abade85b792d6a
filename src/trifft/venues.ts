import { LRUCache } from 'lru-cache'
import type { Config } from '../config/config.ts'
import type { Approval, Journal } from '../journal/journal.ts'
import { Refusal } from '../model/refusal.ts'
import type { Credentials, Venue } from '../model/words.ts'
import { createExchange, type Exchange } from '../exchange.ts'
import type { Clock, Timers } from '../time/clock.ts'
import { describeError, type Logger } from '../observability/logger.ts'
import type { Metrics } from '../observability/metrics.ts'
import { cacheKey } from './cache-key.ts'
import type { CoreClient } from './client.ts'
import { replyReserveMs, waitFor } from './deadline.ts'
import { cannotAnswer, CoreRejected } from './errors.ts'
import { createGuard } from './guard.ts'

type Approved = { venue: Venue; approvedAtMs: number; isRecalled: boolean; refusal?: undefined }
type Entry = Approved | { refusal: Refusal }
type Question = {
  credentials: Credentials
  exchange: Exchange
  /** What was written down of the pair, however old. */
  kept?: Approval
  /** Whether the core has approved it before; nobody guesses such a pair. */
  wasApproved: boolean
}

type Deps = {
  client: Pick<CoreClient, 'findVenue'>
  journal: Pick<Journal, 'findApproval' | 'keepApproval' | 'dropApproval'>
  clock: Clock
  timers: Timers
  metrics: Metrics
  log: Logger
}

export type Venues = ReturnType<typeof createVenues>

const maxVenues = 10_000

/**
 * Which venue and key belong together, as the core says it, so that it is not asked for every message. Approvals are
 * written down too, so that a restart while the core is away refuses nobody.
 */
export function createVenues(config: Config['core'], { client, journal, clock, timers, metrics, log }: Deps) {
  const guard = createGuard(config, clock)
  const cache = new LRUCache<string, Entry, Question>({
    max: maxVenues,
    // lru-cache takes 0 for "for ever".
    ttl: Math.max(config.venueFreshMs, 1),
    ttlResolution: 0,
    perf: { now: () => clock.monotonicMs() },
    // An approval dropped while it is being asked for: who waits gets the answer, and nothing of it is kept.
    ignoreFetchAbort: true,
    // An approval outlives a core that cannot answer.
    noDeleteOnFetchRejection: true,
    noDeleteOnStaleGet: true,
    fetchMethod: async (_key, old, { options, signal, context }) => {
      const { credentials, exchange } = context
      const entry = isServable(old)
        ? await ask({ ...context, exchange: createRefreshExchange() })
        : await guard.watch(addressOf(exchange), () => askOrRecall(context, signal))
      if (entry.refusal) options.ttl = Math.max(config.venueRefusedMs, 1)
      // What was recalled is asked for again with the next message.
      else if (entry.isRecalled) options.ttl = 1
      if (!signal.aborted) writeDown(credentials, entry)
      return entry
    },
  })

  async function ask({ credentials, exchange, wasApproved }: Question): Promise<Entry> {
    try {
      const venue = await client.findVenue(credentials, exchange, { wasApproved })
      if (!venue)
        return { refusal: new Refusal('VENUE_UNKNOWN', { message: 'not in the project of this key' }) }
      return { venue, approvedAtMs: clock.monotonicMs(), isRecalled: false }
    } catch (error) {
      if (error instanceof CoreRejected && error.meaning === 'not_done') return { refusal: error }
      throw error
    }
  }

  /** @param signal aborted when the approval is dropped meanwhile */
  async function askOrRecall(question: Question, signal: AbortSignal): Promise<Entry> {
    try {
      return await ask(question)
    } catch (error) {
      const { kept } = question
      const recalled = kept && cannotAnswer(error) && !signal.aborted ? recall(kept) : undefined
      if (!recalled) throw error
      return recalled
    }
  }

  /** @returns what was written down of a pair, if that is not too old to be served */
  function recall(kept: Approval): Approved | undefined {
    const ageMs = Math.max(clock.nowMs() - kept.approvedAtMs, 0)
    const recalled = { venue: kept.venue, approvedAtMs: clock.monotonicMs() - ageMs, isRecalled: true }
    return isServable(recalled) ? recalled : undefined
  }

  /** Nobody waits for it: without it the core is asked once more after a restart. */
  function writeDown(credentials: Credentials, entry: Entry) {
    if (entry.refusal) journal.dropApproval(credentials).catch(complain)
    else if (!entry.isRecalled)
      journal.keepApproval(credentials, { venue: entry.venue, approvedAtMs: clock.nowMs() }).catch(complain)
  }

  function complain(error: unknown): undefined {
    log.warn({ error: describeError(error) }, 'venue approvals could not be read or written in the journal')
  }

  /** No till waits for a refresh, so it has all the time that one call may take. */
  function createRefreshExchange() {
    return createExchange(clock, config.balanceDeadlineMs + replyReserveMs, { isBackground: true })
  }

  function isServable(entry: Entry | undefined): boolean {
    if (!entry || entry.refusal) return false
    return clock.monotonicMs() - entry.approvedAtMs <= config.venueStaleMs
  }

  /** A pair that was approved once is no guess: nobody can lock a venue out by guessing its key. */
  function refuseLocked(exchange: Exchange) {
    const lock = guard.lockOf(addressOf(exchange))
    if (!lock) return
    metrics.credentialsLocked.inc()
    throw lock
  }

  return {
    /**
     * A refusal that is remembered costs the core nothing and tells a guesser nothing new, so it is repeated and not
     * counted again: a till with a wrong key does not lock out its neighbours.
     *
     * @returns the venue; an approval that is no longer fresh is served at once and renewed behind, as long as
     * `venueStaleMs` allows
     * @throws Refusal `VENUE_UNKNOWN`, `CREDENTIALS_LOCKED`; CoreRejected, CoreUnavailable, CoreOutcomeUnknown
     */
    async approve(credentials: Credentials, exchange: Exchange): Promise<Venue> {
      const key = cacheKey(credentials, credentials.venueId)
      const fresh = cache.get(key)
      const old = cache.peek(key, { allowStale: true })
      const allowStale = !fresh && isServable(old)
      const result = fresh ? 'hit' : allowStale ? 'stale' : 'miss'
      metrics.cacheReads.inc({ cache: 'venue', result })
      if (fresh) return venueOf(fresh)

      const kept = allowStale ? undefined : await journal.findApproval(credentials).catch(complain)
      const wasApproved = kept !== undefined || (old !== undefined && !old.refusal)
      if (!wasApproved) refuseLocked(exchange)
      const context = { credentials, exchange, kept, wasApproved }
      return venueOf(await waitFor(timers, cache.forceFetch(key, { allowStale, context }), exchange))
    },

    /** For a pair whose key the core has refused elsewhere. */
    drop(credentials: Credentials): void {
      cache.delete(cacheKey(credentials, credentials.venueId))
      journal.dropApproval(credentials).catch(complain)
    },
  }
}

function venueOf(entry: Entry): Venue {
  if (entry.refusal) throw entry.refusal
  return entry.venue
}

function addressOf({ sourceAddress }: Exchange): string {
  return sourceAddress ?? 'unknown'
}
