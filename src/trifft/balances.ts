import { LRUCache } from 'lru-cache'
import type { Config } from '../config/config.ts'
import type { Balance, Caller } from '../model/words.ts'
import type { Exchange } from '../exchange.ts'
import type { Clock, Timers } from '../time/clock.ts'
import type { Metrics } from '../observability/metrics.ts'
import { cacheKey } from './cache-key.ts'
import type { CoreClient } from './client.ts'
import { waitFor } from './deadline.ts'
import { cannotAnswer, CoreRejected } from './errors.ts'

/** What the core last said of a card; a card it does not know is remembered too. */
type Entry = Known | { unknownCard: CoreRejected }
type Known = { balance: Balance; loadedAtMs: number }
type Question = { caller: Caller; cardNumber: string; exchange: Exchange }

type Deps = {
  client: Pick<CoreClient, 'claimBalance' | 'readCard' | 'readRewards'>
  clock: Clock
  timers: Timers
  metrics: Metrics
}

export type Balances = ReturnType<typeof createBalances>

/** A wrong scan, repeated by the operator, does not ask the core again for so long. */
const unknownCardMs = 10_000
const maxCards = 10_000
/** A usual card has some 2 KB, one with the longest list of coupons half a megabyte. */
const maxBytes = 24 * 1_048_576

/** Balances for the eyes of operator and guest. No debit is ever decided on one. */
export function createBalances(config: Config['core'], { client, clock, timers, metrics }: Deps) {
  const cache = new LRUCache<string, Entry, Question>({
    max: maxCards,
    maxSize: maxBytes,
    sizeCalculation: bytesOf,
    // lru-cache takes 0 for "for ever".
    ttl: Math.max(config.balanceFreshMs, 1),
    ttlResolution: 0,
    // An older answer outlives a core that cannot answer.
    noDeleteOnStaleGet: true,
    perf: { now: () => clock.monotonicMs() },
    // A card dropped while it is being read: who waits gets the answer, and nothing of it is kept.
    ignoreFetchAbort: true,
    fetchMethod: async (_key, _old, { options, context }) => {
      try {
        return await load(context)
      } catch (error) {
        if (error instanceof CoreRejected && error.code === 'CARD_UNKNOWN') {
          options.ttl = unknownCardMs
          return { unknownCard: error }
        }
        options.noDeleteOnFetchRejection = cannotAnswer(error)
        throw error
      }
    },
  })

  async function load({ caller, cardNumber, exchange }: Question): Promise<Known> {
    const claimed = await client.claimBalance(caller, cardNumber, exchange)
    const [member, rewards] = await Promise.all([
      client.readCard(caller, cardNumber, exchange, claimed),
      client.readRewards(caller, cardNumber, exchange, claimed),
    ])
    return {
      balance: { member, rewards, asOfMs: clock.nowMs(), isStale: false },
      loadedAtMs: clock.monotonicMs(),
    }
  }

  function findStale(key: string): Balance | undefined {
    const old = cache.peek(key, { allowStale: true })
    if (!old || 'unknownCard' in old) return undefined
    const ageMs = clock.monotonicMs() - old.loadedAtMs
    return ageMs <= config.balanceStaleMs ? { ...old.balance, isStale: true } : undefined
  }

  function note(exchange: Exchange, result: 'hit' | 'miss' | 'stale') {
    exchange.facts.cache = result
    metrics.cacheReads.inc({ cache: 'balance', result })
  }

  return {
    /**
     * @returns an answer of the core that is fresh or, only where the core cannot answer now, an older one, marked
     * @throws CoreRejected; CoreUnavailable and CoreOutcomeUnknown where there is no older answer either
     */
    async read(caller: Caller, cardNumber: string, exchange: Exchange): Promise<Balance> {
      const key = cacheKey(caller.credentials, cardNumber)
      const fresh = cache.get(key)
      try {
        const entry =
          fresh ??
          (await waitFor(
            timers,
            cache.forceFetch(key, { context: { caller, cardNumber, exchange } }),
            exchange,
          ))
        note(exchange, fresh ? 'hit' : 'miss')
        if ('unknownCard' in entry) throw entry.unknownCard
        return entry.balance
      } catch (error) {
        const stale = cannotAnswer(error) ? findStale(key) : undefined
        if (!stale) throw error
        note(exchange, 'stale')
        return stale
      }
    },

    /** For a card whose points or rewards may have changed: when such a call leaves, and when its outcome is known. */
    drop(caller: Caller, cardNumber: string): void {
      cache.delete(cacheKey(caller.credentials, cardNumber))
    },
  }
}

const bytesOfObject = 300

/** @returns about how much memory an entry takes */
function bytesOf(entry: Entry): number {
  if ('unknownCard' in entry) return bytesOfObject
  const { member, rewards } = entry.balance
  return [member, ...rewards].reduce(
    (bytes, each) => bytes + bytesOfObject + bytesOfTexts(each),
    bytesOfObject,
  )
}

function bytesOfTexts(fields: object): number {
  return Object.values(fields).reduce<number>(
    (bytes, field) => (typeof field === 'string' ? bytes + 2 * field.length : bytes),
    0,
  )
}
