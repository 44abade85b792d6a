import type { Chance } from '../chance.ts'
import type { Trouble } from '../chaos.ts'
import type { Figures } from '../figures.ts'
import { pauseUntil } from '../pause.ts'
import { beginSpan, leaveWithinMs, takeReplica, type Fleet, type Replica } from './fleet.ts'

/** How long a probe takes to notice that a replica says nothing, and that it is back. */
const probeMs = { gone: 3_000, back: 500 }

const freezeMs = { short: [500, 8_000], long: [8_000, 20_000], minute: [45_000, 60_000] } as const

/** One is killed, or stopped, and started again. */
export function endReplicas({ replicas }: Fleet): Trouble {
  return async (chance, figures, signal) => {
    while (await pauseUntil(signal, chance.int(1_000, 9_000))) {
      const replica = takeReplica(replicas, chance)
      if (!replica) continue
      if (chance.isHit(0.8)) await kill(replica, chance, figures, signal)
      else await restart(replica, chance, figures)
      replica.isTaken = false
    }
  }
}

async function kill(replica: Replica, chance: Chance, figures: Figures, signal: AbortSignal) {
  const { service } = replica
  figures.chaos('kills')
  replica.isInService = false
  await service.kill9()
  await pauseUntil(signal, chance.int(0, 3_000))
  await service.start()
  replica.isInService = true
}

/** As in a rollout: whoever sends messages learns of the stop a little later than the replica. */
async function restart(replica: Replica, chance: Chance, figures: Figures) {
  const { service } = replica
  figures.chaos('stops')
  const leaveMs = chance.int(0, leaveWithinMs)
  const timer = setTimeout(() => (replica.isInService = false), leaveMs)
  const code = await service.stop()
  clearTimeout(timer)
  replica.isInService = false
  if (code !== 0) figures.broken.push(`a stop ended with ${code}`)
  await service.start()
  replica.isInService = true
}

/** SIGSTOP for some seconds, up to a minute: as a host that stands still. */
export function freezeReplicas({ replicas }: Fleet, seconds: number): Trouble {
  return async (chance, figures, signal) => {
    while (await pauseUntil(signal, chance.int(3_000, 15_000))) {
      const replica = takeReplica(replicas, chance)
      if (!replica) continue
      const kind = chance.weigh({ short: 6, long: 3, minute: seconds >= 300 ? 1 : 0 })
      figures.chaos(`freezes: ${kind}`)
      const [minMs, maxMs] = freezeMs[kind]
      await freeze(replica, chance.int(minMs, maxMs), signal)
      replica.isTaken = false
    }
  }
}

async function freeze(replica: Replica, forMs: number, signal: AbortSignal) {
  const { service, blackouts, freezes } = replica
  const ends = [beginSpan(freezes, {}), beginSpan(blackouts, { isOwn: true })]
  service.freeze()
  const timer = setTimeout(() => (replica.isInService = false), probeMs.gone)
  await pauseUntil(signal, forMs)
  clearTimeout(timer)
  service.thaw()
  for (const end of ends) end()
  await pauseUntil(signal, probeMs.back)
  replica.isInService = true
}

/** In the middle of the run, one after the other. */
export function restartAll({ replicas }: Fleet, seconds: number): Trouble {
  return async (chance, figures, signal) => {
    if (!(await pauseUntil(signal, seconds * 500))) return
    figures.chaos('rollouts')
    for (const replica of replicas) {
      while (!takeReplica(replicas, chance, replica)) if (!(await pauseUntil(signal, 100))) return
      await restart(replica, chance, figures)
      replica.isTaken = false
    }
  }
}
