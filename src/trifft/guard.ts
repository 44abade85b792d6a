import { LRUCache } from 'lru-cache'
import type { Config } from '../config/config.ts'
import { Refusal } from '../model/refusal.ts'
import type { Clock } from '../time/clock.ts'
import { networkOf } from '../observability/source-address.ts'
import { createSlidingLog, type SlidingLog } from './budget/sliding-log.ts'

const windowMs = 60_000
const maxNetworks = 10_000

/**
 * Counts the checks of venue and key that the core has refused, so that nobody finds a pair by trying. Those under way
 * do not count: many honest tills of one address start at once, and the budget bounds what a guesser can send.
 */
export function createGuard(
  config: Pick<Config['core'], 'guessesPerAddress' | 'guessesInAll'>,
  clock: Clock,
) {
  const all = createSlidingLog(windowMs)
  // Whoever has more networks than are remembered still meets the limit of all.
  const byNetwork = new LRUCache<string, SlidingLog>({ max: maxNetworks })

  function logOf(address: string): SlidingLog {
    const network = networkOf(address)
    const log = byNetwork.get(network) ?? createSlidingLog(windowMs)
    byNetwork.set(network, log)
    return log
  }

  return {
    /**
     * @returns what an unknown pair hears where too many checks from its address, or from all, were refused;
     * undefined where the core may be asked
     */
    lockOf(address: string): Refusal | undefined {
      const nowMs = clock.monotonicMs()
      const ofAddressMs = logOf(address).earliestMs(config.guessesPerAddress - 1, nowMs)
      const inAllMs = all.earliestMs(config.guessesInAll - 1, nowMs)
      const freeMs = Math.max(ofAddressMs, inAllMs)
      if (freeMs <= nowMs) return undefined
      return new Refusal('CREDENTIALS_LOCKED', {
        retryAfterSeconds: Math.ceil((freeMs - nowMs) / 1000),
        message:
          ofAddressMs > nowMs ? 'too many wrong pairs from this address' : 'too many wrong pairs in all',
      })
    },

    /** @param check tells whether the core has refused; a check that fails was no guess */
    async watch<T extends { refusal?: unknown }>(address: string, check: () => Promise<T>): Promise<T> {
      const result = await check()
      if (result.refusal !== undefined)
        for (const log of [logOf(address), all]) {
          log.begin()
          log.end(clock.monotonicMs())
        }
      return result
    },
  }
}
