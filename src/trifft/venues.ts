import { LRUCache } from 'lru-cache'
import type { Config } from '../config/config.ts'
import { traceJournal } from '../journal/traced-journal.ts'
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

type Approved = { venue: Venue; approvedAtMs: number; isFromJournal: boolean; refusal?: undefined }
type Entry = Approved | { refusal: Refusal }
type Question = {
  credentials: Credentials
  exchange: Exchange
  /** What the journal has about the pair, however old. */
  journaled?: Approval
  /** Whether the core has ever approved the pair. If so, this is not a guess. */
  wasApproved: boolean
}

type Deps = {
  client: Pick<CoreClient, 'findVenue'>
  journal: Pick<Journal, 'findApproval' | 'keepApproval' | 'dropApproval' | 'sharedNotices'>
  clock: Clock
  timers: Timers
  metrics: Metrics
  log: Logger
}

export type Venues = ReturnType<typeof createVenues>

const maxVenues = 10_000

/**
 * Remembers which venue and key belong together, so that the core is not asked for every message. Approvals are also in the
 * journal, so that no till is refused if the service restarts while the core is away.
 */
export function createVenues(config: Config['core'], { client, journal, clock, timers, metrics, log }: Deps) {
  const guard = createGuard(config, clock, journal.sharedNotices)
  const cache = new LRUCache<string, Entry, Question>({
    max: maxVenues,
    // lru-cache reads 0 as "for ever".
    ttl: Math.max(config.venueFreshMs, 1),
    ttlResolution: 0,
    perf: { now: () => clock.monotonicMs() },
    // If an approval is dropped while it is being asked for, those who wait get the answer, and it is not kept.
    ignoreFetchAbort: true,
    // An approval stays while the core cannot answer.
    noDeleteOnFetchRejection: true,
    noDeleteOnStaleGet: true,
    fetchMethod: async (_key, old, { options, signal, context }) => {
      const { credentials, exchange } = context
      const entry = isUsable(old)
        ? await ask({ ...context, exchange: createRefreshExchange() })
        : await guard.watch(addressOf(exchange), () => askOrUseJournal(context, signal))
      if (entry.refusal) options.ttl = Math.max(config.venueRefusedMs, 1)
      // The next message asks the core again.
      else if (entry.isFromJournal) options.ttl = 1
      if (!signal.aborted) writeDown(credentials, entry)
      return entry
    },
  })

  async function ask({ credentials, exchange, wasApproved }: Question): Promise<Entry> {
    try {
      const venue = await client.findVenue(credentials, exchange, { wasApproved })
      if (!venue)
        return { refusal: new Refusal('VENUE_UNKNOWN', { message: 'not in the project of this key' }) }
      return { venue, approvedAtMs: clock.monotonicMs(), isFromJournal: false }
    } catch (error) {
      if (error instanceof CoreRejected && error.meaning === 'not_done') return { refusal: error }
      throw error
    }
  }

  /** @param signal aborted if the approval is dropped meanwhile */
  async function askOrUseJournal(question: Question, signal: AbortSignal): Promise<Entry> {
    try {
      return await ask(question)
    } catch (error) {
      const { journaled } = question
      const approved = journaled && cannotAnswer(error) && !signal.aborted ? toApproved(journaled) : undefined
      if (!approved) throw error
      return approved
    }
  }

  /** @returns the approval in the journal, unless it is too old to be used */
  function toApproved(journaled: Approval): Approved | undefined {
    const ageMs = Math.max(clock.nowMs() - journaled.approvedAtMs, 0)
    const approved = {
      venue: journaled.venue,
      approvedAtMs: clock.monotonicMs() - ageMs,
      isFromJournal: true,
    }
    return isUsable(approved) ? approved : undefined
  }

  /** Nobody waits for this: if it fails, the core is asked once more after a restart. */
  function writeDown(credentials: Credentials, entry: Entry) {
    if (entry.refusal) journal.dropApproval(credentials).catch(logTrouble)
    else if (!entry.isFromJournal)
      journal.keepApproval(credentials, { venue: entry.venue, approvedAtMs: clock.nowMs() }).catch(logTrouble)
  }

  async function findJournaled(credentials: Credentials, exchange: Exchange): Promise<Approval | undefined> {
    const { findApproval: find } = traceJournal(journal, exchange.span)
    return await waitFor(timers, find(credentials), exchange).catch(logTrouble)
  }

  function logTrouble(error: unknown): undefined {
    log.warn({ error: describeError(error) }, 'venue approvals could not be read or written in the journal')
  }

  /** No till waits for a refresh, so it may take as long as one call. */
  function createRefreshExchange() {
    return createExchange(clock, config.balanceDeadlineMs + replyReserveMs, { isBackground: true })
  }

  function isUsable(entry: Entry | undefined): boolean {
    if (!entry || entry.refusal) return false
    return clock.monotonicMs() - entry.approvedAtMs <= config.venueStaleMs
  }

  /** Only for pairs that were never approved: nobody can lock a venue out by guessing keys. */
  function refuseLocked(exchange: Exchange) {
    const lock = guard.lockOf(addressOf(exchange))
    if (!lock) return
    metrics.credentialsLocked.inc()
    throw lock
  }

  return {
    /**
     * A remembered refusal costs the core nothing and tells a guesser nothing new. So it is repeated without being counted
     * again, and a till with a wrong key does not lock out its neighbours.
     *
     * @returns the venue; if its approval is no longer fresh, it is used at once and renewed in the background, for as long
     * as `venueStaleMs`
     * @throws Refusal `VENUE_UNKNOWN`, `CREDENTIALS_LOCKED`; CoreRejected, CoreUnavailable, CoreOutcomeUnknown
     */
    async approve(credentials: Credentials, exchange: Exchange): Promise<Venue> {
      const key = cacheKey(credentials, credentials.venueId)
      const fresh = cache.get(key)
      const old = fresh ?? cache.peek(key, { allowStale: true })
      const allowStale = !fresh && isUsable(old)
      const result = fresh ? 'hit' : allowStale ? 'stale' : 'miss'
      metrics.cacheReads.inc({ cache: 'venue', result })
      if (fresh) return venueOf(fresh)

      const journaled = allowStale ? undefined : await findJournaled(credentials, exchange)
      const wasApproved = journaled !== undefined || (old !== undefined && !old.refusal)
      if (!wasApproved) refuseLocked(exchange)
      const context = { credentials, exchange, journaled, wasApproved }
      return venueOf(await waitFor(timers, cache.forceFetch(key, { allowStale, context }), exchange))
    },

    /** For a pair whose key the core has refused in another call. */
    drop(credentials: Credentials): void {
      cache.delete(cacheKey(credentials, credentials.venueId))
      journal.dropApproval(credentials).catch(logTrouble)
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
