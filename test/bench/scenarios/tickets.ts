import { execFile } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { Broker } from '../../support/kafka-broker.ts'
import { kafkaClassPath } from '../../support/kafka-jars.ts'
import { countRecords, createTopic } from '../../support/kafka-topic.ts'
import { startAdapter, startContender, startCore } from '../adapter.ts'
import { runLoad, type Burst } from '../load.ts'
import * as messages from '../messages.ts'
import { watchCpu, type Measured } from '../processes.ts'
import type { Measurement } from '../report.ts'
import { ratio, spread, toRow, type Settings } from '../rounds.ts'
import { runSteady, toSteadyRow, well, type Steady } from '../steady.ts'

const partitions = 3
/** Far from what saturates either: how long a till waits on a usual evening. */
const calmPerSecond = 100
const leastSeconds = 5
let nextNumber = 1

/** Each burst counts when Kafka has its last ticket, not when the till has its OK. */
export async function tickets(settings: Settings, broker: Broker): Promise<Measurement> {
  const { folder, rounds, seconds } = settings
  const { brokers } = broker
  const core = await startCore(folder)
  const topics = {
    ours: await createTopic(brokers, { partitions }),
    waiting: await createTopic(brokers, { partitions }),
  }
  const env = (topic: string) => ({ KAFKA_BROKERS: brokers.join(), KAFKA_TOPIC: topic })
  const ours = await startAdapter('ours', { coreUrl: `${core.url}/v1`, folder, env: env(topics.ours) })
  const waiting = await startContender('waiting', 'waiting.ts', env(topics.waiting), folder)
  const kafka = { pid: broker.pid() ?? 0 }

  const bursts = { ours: [] as Burst[], waiting: [] as Burst[], apache: [] as Burst[] }
  for (let round = 0; round <= rounds; round++) {
    const inWaiting = await runBurst(waiting.url, topics.waiting, { service: waiting, kafka })
    const inOurs = await runBurst(ours.ticketUrl, topics.ours, { service: ours, kafka })
    const inApache = await runApache(brokers, seconds)
    if (round === 0) continue
    bursts.waiting.push(inWaiting)
    bursts.ours.push(inOurs)
    bursts.apache.push(inApache)
  }
  const calm: Record<'ours' | 'waiting', Steady[]> = { ours: [], waiting: [] }
  const order = { perSecond: calmPerSecond, seconds: Math.max(seconds, leastSeconds), connections: 256 }
  for (let round = 0; round < rounds; round++) {
    const load = { ...order, mostWaiting: 10_000, body: messages.ticket }
    calm.waiting.push(well(await runSteady({ ...load, url: waiting.url }, { service: waiting, kafka })))
    calm.ours.push(well(await runSteady({ ...load, url: ours.ticketUrl }, { service: ours, kafka })))
  }
  await Promise.all([ours, waiting, core].map((program) => program.stop()))

  const calmRows = [
    toSteadyRow(`kafkajs, at ${calmPerSecond} a second`, calm.waiting),
    toSteadyRow(`ours, at ${calmPerSecond} a second`, calm.ours),
  ]
  const rows = [
    toRow('kafkajs, sent one by one and waited for', bursts.waiting),
    toRow('ours: HTTP, journal, relay', bursts.ours),
    toRow("Apache's ProducerPerformance, the limit", bursts.apache),
  ]
  const [handler = '', adapter = ''] = rows.map(({ variant }) => variant)
  const calmRatio = (name: 'p50Ms' | 'p99Ms') =>
    spread(calm.ours.map((each, round) => each[name] / (calm.waiting[round]?.[name] ?? NaN))).median
  return {
    title: 'Ticket with 20 items, until Kafka has it (acks all)',
    rows: [...rows, ...calmRows],
    ratios: {
      ticketOverWaiting: ratio(rows, adapter, handler),
      ticketLatencyOverWaiting: ratio(rows, adapter, handler, ({ p50Ms }) => p50Ms),
      ticketP99OverWaiting: ratio(rows, adapter, handler, ({ p99Ms }) => p99Ms),
      calmTicketLatencyOverWaiting: calmRatio('p50Ms'),
      calmTicketP99OverWaiting: calmRatio('p99Ms'),
    },
  }

  async function runBurst(url: string, topic: string, watched: Record<string, Measured>): Promise<Burst> {
    const before = await countRecords(brokers, topic)
    const load = {
      url,
      body: messages.ticket,
      connections: settings.connections,
      modulo: Number.MAX_SAFE_INTEGER,
    }
    const startedMs = performance.now()
    const cpu = watchCpu(watched)
    const burst = await runLoad({ ...load, seconds, first: (nextNumber += 10_000_000) }, {})
    if (burst.failures > 0) throw new Error(`${burst.failures} of ${burst.requests} tickets failed`)
    while ((await countRecords(brokers, topic)) - before < burst.requests) await pause(20)
    const shares = { ...cpu.stop(), ...burst.shares }
    return { ...burst, shares, perSecond: burst.requests / ((performance.now() - startedMs) / 1000) }
  }
}

/** Apache's own measuring tool, with records as large as our events and its own default batching. */
async function runApache(brokers: string[], seconds: number): Promise<Burst> {
  const topic = await createTopic(brokers, { partitions })
  const records = 20_000 * seconds
  const { stdout } = await promisify(execFile)('java', [
    '-Xmx256m',
    '-cp',
    await kafkaClassPath('kafka-tools'),
    'org.apache.kafka.tools.ProducerPerformance',
    ...['--topic', topic, '--num-records', String(records), '--record-size', String(messages.ticket.length)],
    ...['--throughput', '-1', '--producer-props', 'acks=all', `bootstrap.servers=${brokers.join()}`],
  ])
  const [, perSecond, average] =
    /(\d+[.,]\d+) records\/sec.*?(\d+[.,]\d+) ms avg latency/.exec(stdout.trim().split('\n').at(-1) ?? '') ??
    []
  const [, p50] = /(\d+) ms 50th/.exec(stdout) ?? []
  const [, p99] = /(\d+) ms 99th/.exec(stdout) ?? []
  if (perSecond === undefined) throw new Error(`ProducerPerformance said:\n${stdout.slice(-1000)}`)
  const perSecondRead = Number(perSecond.replace(',', '.'))
  return {
    requests: records,
    seconds: records / perSecondRead,
    failures: 0,
    perSecond: perSecondRead,
    p50Ms: Number(p50 ?? average),
    p99Ms: Number(p99),
    maxMs: 0,
    shares: {},
  }
}
