import { LRUCache } from 'lru-cache'
import type { Config } from '../config.ts'
import { Refusal } from '../loyalty/refusal.ts'
import type { Credentials, Venue } from '../loyalty/words.ts'
import { createExchange, type Clock, type Exchange } from '../observability/exchange.ts'
import type { Metrics } from '../observability/metrics.ts'
import { cacheKey } from './cache-key.ts'
import type { CoreClient } from './client.ts'
import { replyReserveMs, waitFor } from './deadline.ts'
import { CoreRejected } from './errors.ts'

type Entry = { venue: Venue; approvedAtMs: number } | { refusal: Refusal }
type Question = { credentials: Credentials; exchange: Exchange }

type Deps = { client: Pick<CoreClient, 'findVenue'>; clock: Clock; metrics: Metrics }

export type Venues = ReturnType<typeof createVenues>

const maxVenues = 10_000

/** Which venue and key belong together, as the core says it, so that it is not asked for every message. */
export function createVenues(config: Config['core'], { client, clock, metrics }: Deps) {
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
    fetchMethod: async (_key, old, { options, context: { credentials, exchange } }) => {
      const isBehind = isServable(old)
      const entry = await ask(credentials, isBehind ? createRefreshExchange() : exchange)
      if ('refusal' in entry) options.ttl = Math.max(config.venueRefusedMs, 1)
      return entry
    },
  })

  async function ask(credentials: Credentials, exchange: Exchange): Promise<Entry> {
    try {
      const venue = await client.findVenue(credentials, exchange)
      if (!venue) return { refusal: new Refusal('VENUE_UNKNOWN') }
      return { venue, approvedAtMs: clock.monotonicMs() }
    } catch (error) {
      if (error instanceof CoreRejected && error.meaning === 'not_done') return { refusal: error }
      throw error
    }
  }

  /** No till waits for a refresh, so it has all the time that one call may take. */
  function createRefreshExchange() {
    return createExchange(clock, config.balanceDeadlineMs + replyReserveMs)
  }

  function isServable(entry: Entry | undefined): boolean {
    if (!entry || 'refusal' in entry) return false
    return clock.monotonicMs() - entry.approvedAtMs <= config.venueStaleMs
  }

  return {
    /**
     * @returns the venue; an approval that is no longer fresh is served at once and renewed behind, as long as
     * `venueStaleMs` allows
     * @throws Refusal `VENUE_UNKNOWN`; CoreRejected, CoreUnavailable, CoreOutcomeUnknown
     */
    async approve(credentials: Credentials, exchange: Exchange): Promise<Venue> {
      const key = cacheKey(credentials, credentials.venueId)
      const isFresh = cache.has(key)
      const allowStale = isServable(cache.peek(key, { allowStale: true }))
      const result = isFresh ? 'hit' : allowStale ? 'stale' : 'miss'
      metrics.cacheReads.inc({ cache: 'venue', result })

      const asking = cache.forceFetch(key, { allowStale, context: { credentials, exchange } })
      const entry = await waitFor(asking, exchange)
      if ('refusal' in entry) throw entry.refusal
      return entry.venue
    },

    /** For a pair whose key the core has refused elsewhere. */
    drop(credentials: Credentials): void {
      cache.delete(cacheKey(credentials, credentials.venueId))
    },
  }
}
