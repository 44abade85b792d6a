import { LRUCache } from 'lru-cache'
import { hash } from 'node:crypto'
import type { Config } from '../config/config.ts'
import type { Balance, Caller } from '../model/words.ts'
import type { Exchange } from '../exchange.ts'
import type { Journal } from '../journal/journal.ts'
import type { Clock, Timers } from '../time/clock.ts'
import type { Metrics } from '../observability/metrics.ts'
import { cacheKey } from './cache-key.ts'
import type { CoreClient } from './client.ts'
import { waitFor } from './deadline.ts'
import { cannotAnswer, CoreRejected } from './errors.ts'

/** What the core last said of a card, also if it does not know the card. */
type Entry = Loaded | { unknownCard: CoreRejected }
type Loaded = { balance: Balance; loadedAtMs: number }
type Question = { caller: Caller; cardNumber: string; exchange: Exchange }

type Deps = {
  client: Pick<CoreClient, 'claimBalance' | 'readCard' | 'readRewards'>
  clock: Clock
  timers: Timers
  metrics: Metrics
  journal: Pick<Journal, 'sharedNotices'>
}

export type Balances = ReturnType<typeof createBalances>

/** When an operator repeats a wrong scan, the core is not asked again within this time. */
const unknownCardMs = 10_000
const maxCards = 10_000
/** A typical card takes 2 KB; one with the longest list of coupons takes half a megabyte. */
const maxBytes = 24 * 1_048_576

/** Balances to show to operator and guest. No debit is ever decided by one. */
export function createBalances(config: Config['core'], { client, clock, timers, metrics, journal }: Deps) {
  const cache = new LRUCache<string, Entry, Question>({
    max: maxCards,
    maxSize: maxBytes,
    sizeCalculation: bytesOf,
    // lru-cache reads 0 as "for ever".
    ttl: Math.max(config.balanceFreshMs, 1),
    ttlResolution: 0,
    // An older answer stays while the core cannot answer.
    noDeleteOnStaleGet: true,
    perf: { now: () => clock.monotonicMs() },
    // If a card is dropped while it is being read, those who wait get the answer, and it is not kept.
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

  const { sharedNotices } = journal
  /** The keys of cached cards, by what other replicas call them. */
  const keys = sharedNotices && new LRUCache<string, string>({ max: maxCards })
  sharedNotices?.listen('balance', (noticeKey) => {
    if (noticeKey === undefined) return cache.clear()
    const key = keys?.get(noticeKey)
    if (key !== undefined) cache.delete(key)
  })

  async function load({ caller, cardNumber, exchange }: Question): Promise<Loaded> {
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

  function countRead(exchange: Exchange, result: 'hit' | 'miss' | 'stale') {
    exchange.facts.cache = result
    metrics.cacheReads.inc({ cache: 'balance', result })
  }

  return {
    /**
     * @returns a fresh answer of the core; if the core cannot answer now, an older one, marked as stale
     * @throws CoreRejected; CoreUnavailable and CoreOutcomeUnknown if there is no older answer either
     */
    async read(caller: Caller, cardNumber: string, exchange: Exchange): Promise<Balance> {
      const key = cacheKey(caller.credentials, cardNumber)
      const fresh = cache.get(key)
      if (!fresh) keys?.set(toNoticeKey(key), key)
      try {
        const entry =
          fresh ??
          (await waitFor(
            timers,
            cache.forceFetch(key, { context: { caller, cardNumber, exchange } }),
            exchange,
          ))
        countRead(exchange, fresh ? 'hit' : 'miss')
        if ('unknownCard' in entry) throw entry.unknownCard
        return entry.balance
      } catch (error) {
        const stale = cannotAnswer(error) ? findStale(key) : undefined
        if (!stale) throw error
        countRead(exchange, 'stale')
        return stale
      }
    },

    /** For a card whose points or rewards may change: when such a call leaves, and when its outcome is known. */
    drop(caller: Caller, cardNumber: string): void {
      const key = cacheKey(caller.credentials, cardNumber)
      cache.delete(key)
      sharedNotices?.tell('balance', toNoticeKey(key))
    },
  }
}

/** Nobody can try card numbers against it: the hash of the API key in front of them is as hard to guess as the key. */
function toNoticeKey(key: string): string {
  return hash('sha256', key)
}

const bytesOfObject = 300

/** @returns roughly how much memory an entry takes */
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
