import { commit } from '../../support/cutting-proxy.ts'
import type { Chance } from '../chance.ts'
import type { Trouble } from '../chaos.ts'
import { pauseUntil } from '../pause.ts'
import { beginSpan, type Fleet, type Replica } from './fleet.ts'

/** Of a transaction, or a write that is sent alone. */
const writes = [commit, /^UPDATE redemptions/]

/** Longer than a statement waits for the answer that got lost. */
const lostAnswerMs = 3_000

/** The connections of one replica to the database, or of all, break in one way after the other. */
export function breakConnections({ replicas }: Fleet): Trouble {
  return async (chance, figures, signal) => {
    while (await pauseUntil(signal, chance.int(500, 5_000))) {
      const kind = chance.weigh({ cut: 3, write: 4, swallow: 2, refuse: 2, delay: 2 })
      figures.chaos(`connections: ${kind}`)
      const some = chance.isHit(0.7) ? [chance.pick(replicas)] : replicas
      const forMs = chance.isHit(0.1) ? chance.int(6_000, 15_000) : chance.int(100, 5_000)
      await Promise.all(some.map((replica) => breakers[kind](replica, chance.fork(), forMs, signal)))
      await Promise.all(some.map(({ proxy }) => proxy.heal()))
    }
  }
}

type Breaker = (replica: Replica, chance: Chance, forMs: number, signal: AbortSignal) => Promise<unknown>

const breakers: Record<'cut' | 'write' | 'swallow' | 'refuse' | 'delay', Breaker> = {
  async cut({ proxy, blackouts }) {
    beginSpan(blackouts, { isOwn: true })()
    proxy.cut()
  },

  /** Nobody knows whether something was written whose answer is lost. */
  async write({ proxy, blackouts }, chance, forMs, signal) {
    const moment = chance.pick(['before', 'in', 'after', 'after'] as const)
    const fault = chance.pick(['cut', 'cut', 'swallow'] as const)
    const broken = proxy.onNext(chance.pick(writes), moment, fault).then(() => true)
    if (!(await Promise.race([broken, pauseUntil(signal, forMs).then(() => false)]))) return
    const end = beginSpan(blackouts, { isOwn: true })
    if (fault === 'swallow') await pauseUntil(signal, lostAnswerMs)
    end()
  },

  async swallow({ proxy, blackouts }, _chance, forMs, signal) {
    const end = beginSpan(blackouts, { isOwn: true })
    proxy.swallow()
    await pauseUntil(signal, forMs)
    await proxy.heal()
    end()
  },

  async refuse({ proxy, blackouts }, _chance, forMs, signal) {
    const end = beginSpan(blackouts, { isOwn: true })
    proxy.refuse()
    proxy.cut()
    await pauseUntil(signal, forMs)
    await proxy.heal()
    end()
  },

  /** Slower, and no slower than a till can bear. */
  async delay({ proxy }, chance, forMs, signal) {
    proxy.delay(chance.int(5, 40))
    await pauseUntil(signal, forMs)
  },
}
