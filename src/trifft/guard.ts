import { LRUCache } from 'lru-cache'
import type { Config } from '../config/config.ts'
import type { SharedNotices } from '../journal/shared.ts'
import { Refusal } from '../model/refusal.ts'
import type { Clock } from '../time/clock.ts'
import { networkOf } from '../observability/source-address.ts'
import { createSlidingLog, type SlidingLog } from './budget/sliding-log.ts'

const windowMs = 60_000
const maxNetworks = 10_000

/**
 * Counts the venues and keys that the core has refused, so that nobody finds a valid pair by trying. Checks under way do not
 * count: many honest tills may start at one address together, and the budget bounds what a guesser can send.
 *
 * @param notices by which replicas tell each other, so that a guesser gains nothing from their number
 */
export function createGuard(
  config: Pick<Config['core'], 'guessesPerAddress' | 'guessesInAll'>,
  clock: Clock,
  notices?: SharedNotices,
) {
  const all = createSlidingLog(windowMs)
  // A guesser with more networks than this still meets the limit for all together.
  const byNetwork = new LRUCache<string, SlidingLog>({ max: maxNetworks })

  notices?.listen('guess', (network) => network !== undefined && count(network))

  function count(network: string) {
    for (const log of [logOf(network), all]) {
      log.begin()
      log.end(clock.monotonicMs())
    }
  }

  function logOf(network: string): SlidingLog {
    const log = byNetwork.get(network) ?? createSlidingLog(windowMs)
    byNetwork.set(network, log)
    return log
  }

  return {
    /**
     * @returns what an unknown pair is told if too many checks from its address, or in all, were refused; undefined if the
     * core may be asked
     */
    lockOf(address: string): Refusal | undefined {
      const nowMs = clock.monotonicMs()
      const ofAddressMs = logOf(networkOf(address)).earliestMs(config.guessesPerAddress - 1, nowMs)
      const inAllMs = all.earliestMs(config.guessesInAll - 1, nowMs)
      const freeMs = Math.max(ofAddressMs, inAllMs)
      if (freeMs <= nowMs) return undefined
      return new Refusal('CREDENTIALS_LOCKED', {
        retryAfterSeconds: Math.ceil((freeMs - nowMs) / 1000),
        message:
          ofAddressMs > nowMs ? 'too many wrong pairs from this address' : 'too many wrong pairs in all',
      })
    },

    /** @param check its result says whether the core has refused; a check that throws does not count */
    async watch<T extends { refusal?: unknown }>(address: string, check: () => Promise<T>): Promise<T> {
      const result = await check()
      if (result.refusal !== undefined) {
        count(networkOf(address))
        notices?.tell('guess', networkOf(address))
      }
      return result
    },
  }
}
