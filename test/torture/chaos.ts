import { DatabaseSync } from 'node:sqlite'
import type { CoreSimulator } from '../simulators/core.ts'
import { nodeOf, type RunningKafka } from '../support/kafka-cluster.ts'
import { partitionsOf } from '../support/kafka-topic.ts'
import type { Chance } from './chance.ts'
import { orderFault } from './core-faults.ts'
import type { Figures } from './figures.ts'
import { pauseUntil } from './pause.ts'
import type { Supervised } from './service.ts'

/** Goes on by itself until the signal, and leaves what it has broken in good order. */
export type Trouble = (chance: Chance, figures: Figures, signal: AbortSignal) => Promise<void>

export async function wreakHavoc(troubles: Trouble[], chance: Chance, figures: Figures, signal: AbortSignal) {
  await Promise.all(troubles.map((trouble) => trouble(chance.fork(), figures, signal)))
}

export function endService(service: Supervised): Trouble {
  return async (chance, figures, signal) => {
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
}

/** Whoever leads a partition, and one at a time: of three brokers another one takes the lead. */
export function loseBroker(kafka: RunningKafka, topic: string): Trouble {
  return async (chance, figures, signal) => {
    while (await pauseUntil(signal, chance.int(4_000, 20_000))) {
      const { leader } = chance.pick(await partitionsOf(kafka.brokers, topic))
      const node = nodeOf(kafka, leader)
      figures.chaos('brokerLosses')
      await node.kill9()
      await pauseUntil(signal, chance.int(0, 6_000))
      await node.restart()
    }
  }
}

export function loseCore(core: CoreSimulator): Trouble {
  return async (chance, figures, signal) => {
    while (await pauseUntil(signal, chance.int(4_000, 20_000))) {
      figures.chaos('coreLosses')
      await core.goAway()
      await pauseUntil(signal, chance.int(100, 3_000))
      await core.comeBack()
    }
  }
}

/** An operator's shell with a transaction open. */
export function lockJournal(journalPath: string): Trouble {
  return async (chance, figures, signal) => {
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
}

/** @param maxMs the longest time between two faults */
export function spoilAnswers(core: CoreSimulator, maxMs: number): Trouble {
  return async (chance, figures, signal) => {
    while (await pauseUntil(signal, chance.int(20, maxMs))) {
      const order = orderFault(chance)
      figures.fault(order.exception ? `${order.kind} ${order.exception}` : `${order.kind} ${order.when}`)
      const { release } = core.faults.next(order)
      if (order.kind !== 'hang') continue
      // What hangs in front of the work does it when it is let go of: a call that arrives very late.
      void pauseUntil(signal, chance.int(500, 20_000)).then(release)
    }
    core.faults.clear()
  }
}
