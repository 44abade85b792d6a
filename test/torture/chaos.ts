import { DatabaseSync } from 'node:sqlite'
import type { FaultKind, FaultOrder } from '../simulators/core/faults.ts'
import type { Exception } from '../simulators/core/refusal.ts'
import type { CoreSimulator } from '../simulators/core.ts'
import { nodeOf, type RunningKafka } from '../support/kafka-cluster.ts'
import { partitionsOf } from '../support/kafka-topic.ts'
import type { Chance } from './chance.ts'
import type { Figures } from './figures.ts'
import { pauseUntil } from './pause.ts'
import type { Supervised } from './service.ts'

export type Victims = {
  service: Supervised
  core: CoreSimulator
  kafka: RunningKafka
  topic: string
  journalPath: string
}

type Trouble = (victims: Victims, chance: Chance, figures: Figures, signal: AbortSignal) => Promise<void>

/** Each goes on by itself until the signal, and leaves what it has broken in good order. */
export async function wreakHavoc(victims: Victims, chance: Chance, figures: Figures, signal: AbortSignal) {
  const troubles = [endService, loseBroker, spoilAnswers, loseCore, lockJournal]
  await Promise.all(troubles.map((trouble) => trouble(victims, chance.fork(), figures, signal)))
}

const endService: Trouble = async ({ service }, chance, figures, signal) => {
  while (await pauseUntil(signal, chance.int(1_000, 9_000))) {
    if (chance.isHit(0.8)) {
      figures.chaos('kills')
      await service.kill9()
    } else {
      figures.chaos('stops')
      const code = await service.stop()
      if (code !== 0) figures.broken.push(`a stop ended with ${code}`)
    }
    await service.start()
  }
}

/** Whoever leads a partition, and one at a time: of three brokers another one takes the lead. */
const loseBroker: Trouble = async ({ kafka, topic }, chance, figures, signal) => {
  while (await pauseUntil(signal, chance.int(4_000, 20_000))) {
    const { leader } = chance.pick(await partitionsOf(kafka.brokers, topic))
    const node = nodeOf(kafka, leader)
    figures.chaos('brokerLosses')
    await node.kill9()
    await pauseUntil(signal, chance.int(0, 6_000))
    await node.restart()
  }
}

const loseCore: Trouble = async ({ core }, chance, figures, signal) => {
  while (await pauseUntil(signal, chance.int(4_000, 20_000))) {
    figures.chaos('coreLosses')
    await core.goAway()
    await pauseUntil(signal, chance.int(100, 3_000))
    await core.comeBack()
  }
}

/** An operator's shell with a transaction open. */
const lockJournal: Trouble = async ({ journalPath }, chance, figures, signal) => {
  while (await pauseUntil(signal, chance.int(3_000, 15_000))) {
    const shell = new DatabaseSync(journalPath, { timeout: 1_000 })
    try {
      shell.exec('BEGIN IMMEDIATE')
      figures.chaos('journalLocks')
      await pauseUntil(signal, chance.int(50, 1_500))
    } catch {
      // The service is writing just now.
    } finally {
      shell.close()
    }
  }
}

const spoilAnswers: Trouble = async ({ core }, chance, figures, signal) => {
  const releases = new Set<() => void>()
  while (await pauseUntil(signal, chance.int(20, 500))) {
    const order = orderFault(chance)
    figures.fault(order.exception ? `${order.kind} ${order.exception}` : `${order.kind} ${order.when}`)
    const { release } = core.faults.next(order)
    if (order.kind !== 'hang') continue
    // What hangs in front of the work does it when it is let go of: a call that arrives very late.
    releases.add(release)
    void pauseUntil(signal, chance.int(500, 20_000)).then(release)
  }
  core.faults.clear()
}

const kinds: FaultKind[] = [
  'delay',
  'hang',
  'reset',
  '500',
  'garbage',
  'html',
  'empty',
  'truncated',
  'drip',
  'redirect',
  'refusal',
]
const takes = ['redeem', 'debit'] as const
const returns = ['restore', 'credit'] as const
const reads = ['venue', 'card', 'coupons'] as const

/** A core that says no has done nothing, so a refusal never comes after the work. */
function orderFault(chance: Chance): FaultOrder {
  const kind = chance.pick(kinds)
  const operation = chance.pick([...takes, ...takes, ...returns, ...returns, ...reads])
  if (kind === 'refusal')
    return { kind, operation: chance.pick(takes), exception: refusalOf(chance), when: 'before' }
  return {
    kind,
    operation,
    when: chance.pick(['before', 'after']),
    times: chance.int(1, 3),
    ms: kind === 'delay' ? chance.int(100, 4_000) : chance.int(5, 100),
  }
}

function refusalOf(chance: Chance) {
  return chance.pick<Exception>([
    'MemberBlockedException',
    'UserCouponNotActivatedException',
    'InvalidTokenException',
    'AccessDeniedException',
    'RateLimitExceededException',
  ])
}
