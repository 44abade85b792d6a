import type { Trouble } from '../chaos.ts'
import { pauseUntil } from '../pause.ts'
import { beginSpan, type Fleet } from './fleet.ts'

/** Killed with everything that was under way, and started again on the same data. */
export function loseDatabase({ cluster, replicas }: Fleet): Trouble {
  return async (chance, figures, signal) => {
    while (await pauseUntil(signal, chance.int(4_000, 25_000))) {
      figures.chaos('databaseLosses')
      const ends = replicas.map(({ blackouts }) => beginSpan(blackouts, { isOwn: false }))
      await cluster.kill9()
      await pauseUntil(signal, chance.isHit(0.2) ? chance.int(6_000, 15_000) : chance.int(0, 4_000))
      await cluster.restart()
      ends.forEach((end) => end())
    }
  }
}
