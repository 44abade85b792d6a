import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Broker } from '../../support/kafka-broker.ts'
import { countRecords, createTopic } from '../../support/kafka-topic.ts'
import { startAdapter, startCore } from '../adapter.ts'
import { fillWithTickets } from '../grow-journal.ts'
import * as messages from '../messages.ts'
import { watchCpu, type Program } from '../processes.ts'
import type { Figure, Measurement } from '../report.ts'
import type { Settings } from '../rounds.ts'
import { runSteady, toSteadyRow, well } from '../steady.ts'

const waiting = 200_000
const partitions = 3
const balancesPerSecond = 100
const seconds = 20

/**
 * After an outage of Kafka: how fast the tickets of the journal get there, while tills ask for balances. They ask a service
 * that has just started too, but has nothing to send.
 */
export async function backlog({ folder }: Settings, { brokers, pid }: Broker): Promise<Measurement> {
  const core = await startCore(folder)
  const start = async (name: string) => {
    const topic = await createTopic(brokers, { partitions })
    const env = { KAFKA_BROKERS: brokers.join(), KAFKA_TOPIC: topic }
    return { topic, ours: await startAdapter(name, { coreUrl: `${core.url}/v1`, folder, env }) }
  }
  const ask = ({ balanceUrl: url }: { balanceUrl: string }, service: Program) =>
    runSteady(
      {
        ...{ url, perSecond: balancesPerSecond, seconds, connections: 256, maxWaiting: 10_000 },
        ask: { till: messages.balance },
      },
      { service, kafka: { pid: pid() ?? 0 } },
    ).then(well)

  const without = await start('no-backlog')
  const calm = await ask(without.ours, without.ours)
  await without.ours.stop()

  await fillWithTickets(join(folder, 'backlog.sqlite'), waiting)
  const { topic, ours } = await start('backlog')
  const startedMs = performance.now()
  const cpu = watchCpu({ ours })
  const asked = ask(ours, ours)
  while ((await countRecords(brokers, topic)) < waiting) await pause(100)
  const perSecond = waiting / ((performance.now() - startedMs) / 1000)
  const share = cpu.stop().ours
  const during = await asked
  await Promise.all([ours, core].map((program) => program.stop()))

  const figures: Figure[] = [
    {
      name: `${waiting.toLocaleString('en')} tickets that wait, into Kafka`,
      value: perSecond,
      unit: 'per second',
      note: `${share.toFixed(2)} of a core`,
    },
  ]
  return {
    title: `A backlog after an outage of Kafka, while tills ask for ${balancesPerSecond} balances a second`,
    figures,
    rows: [toSteadyRow('without a backlog', [calm]), toSteadyRow('while it is sent', [during])],
    ratios: {
      backlogPerSecond: perSecond,
      backlogP50Over: during.p50Ms / calm.p50Ms,
      backlogP99Over: during.p99Ms / calm.p99Ms,
    },
  }
}
