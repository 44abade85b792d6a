import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { Broker } from '../../support/kafka-broker.ts'
import { kafkaClassPath } from '../../support/kafka-jars.ts'
import { countRecords, createTopic } from '../../support/kafka-topic.ts'
import { startAdapter, startContender, startCore } from '../adapter.ts'
import { runLoad, type Burst } from '../load.ts'
import * as messages from '../messages.ts'
import { chosenLibraries } from './balance.ts'
import { watchCpu, type Program } from '../processes.ts'
import type { Measurement } from '../report.ts'
import { ratio, spread, toRow, warmUpSeconds, type Settings } from '../rounds.ts'
import { runSteady, toSteadyRow, well, type Steady } from '../steady.ts'

const partitions = 3
/** Far from what saturates either: how long a till waits on a usual evening. */
const calmPerSecond = 100
const minSeconds = 5
let nextNumber = 1

/** One of those that are compared. */
type Side = { program: Program; url: string; topic: string; bursts: Burst[]; calm: Steady[] }

/** Each burst counts when Kafka has its last ticket, not when the till has its OK. */
export async function tickets(settings: Settings, broker: Broker): Promise<Measurement> {
  const { folder, rounds, seconds } = settings
  const { brokers } = broker
  const core = await startCore(folder)
  const start = async <P extends Program>(
    program: (env: Record<string, string>) => Promise<P>,
    urlOf: (started: P) => string,
  ): Promise<Side> => {
    const topic = await createTopic(brokers, { partitions })
    const journal = join(folder, `tickets-${nextNumber++}.sqlite`)
    const env = { KAFKA_BROKERS: brokers.join(), KAFKA_TOPIC: topic, JOURNAL_PATH: journal }
    const started = await program(env)
    return { program: started, url: urlOf(started), topic, bursts: [], calm: [] }
  }
  const contender = (name: string, path: string) =>
    start(
      (env) => startContender(name, `${name}.ts`, env, folder),
      ({ url }) => url + path,
    )
  const waiting = await contender('waiting', '')
  const stored = await contender('stored', '/ticket')
  const ours = await start(
    (env) => startAdapter('ours', { coreUrl: `${core.url}/v1`, folder, env }),
    ({ ticketUrl }) => ticketUrl,
  )
  const apache: Burst[] = []
  const all = [waiting, stored, ours]
  const kafka = { pid: broker.pid() ?? 0 }

  for (const each of all) await runBurst(each, warmUpSeconds)
  for (let round = 0; round < rounds; round++) {
    for (const each of all) each.bursts.push(await runBurst(each, seconds))
    apache.push(await runApache(brokers, seconds))
  }
  const order = { perSecond: calmPerSecond, seconds: Math.max(seconds, minSeconds), connections: 256 }
  for (let round = 0; round < rounds; round++)
    for (const { program, url, calm } of all) {
      const load = { ...order, maxWaiting: 10_000, ask: { till: messages.ticket }, url }
      calm.push(well(await runSteady(load, { service: program, kafka })))
    }
  await Promise.all([...all.map(({ program }) => program), core].map((program) => program.stop()))

  const calmRows = [
    toSteadyRow(`kafkajs, at ${calmPerSecond} a second`, waiting.calm),
    toSteadyRow(`${chosenLibraries}, at ${calmPerSecond} a second`, stored.calm),
    toSteadyRow(`ours, at ${calmPerSecond} a second`, ours.calm),
  ]
  const handler = 'kafkajs, sent one by one and waited for'
  const service = 'ours: HTTP, journal, relay'
  const rows = [
    toRow(handler, waiting.bursts),
    toRow(chosenLibraries, stored.bursts),
    toRow(service, ours.bursts),
    toRow("Apache's ProducerPerformance, the limit", apache),
  ]
  const calmRatio = (name: 'p50Ms' | 'p99Ms') =>
    spread(ours.calm.map((each, round) => each[name] / (waiting.calm[round]?.[name] ?? NaN))).median
  return {
    title: 'Ticket with 20 items, until Kafka has it (acks all)',
    rows: [...rows, ...calmRows],
    ratios: {
      ticketOverWaiting: ratio(rows, service, handler),
      ticketOverLibraries: ratio(rows, service, chosenLibraries),
      ticketLibrariesOverWaiting: ratio(rows, chosenLibraries, handler),
      ticketLatencyOverWaiting: ratio(rows, service, handler, ({ p50Ms }) => p50Ms),
      ticketP99OverWaiting: ratio(rows, service, handler, ({ p99Ms }) => p99Ms),
      calmTicketLatencyOverWaiting: calmRatio('p50Ms'),
      calmTicketP99OverWaiting: calmRatio('p99Ms'),
    },
  }

  async function runBurst({ program, url, topic }: Side, burstSeconds: number): Promise<Burst> {
    const before = await countRecords(brokers, topic)
    const load = {
      url,
      body: messages.ticket,
      connections: settings.connections,
      modulo: Number.MAX_SAFE_INTEGER,
    }
    const startedMs = performance.now()
    const cpu = watchCpu({ service: program, kafka })
    const burst = await runLoad({ ...load, seconds: burstSeconds, first: (nextNumber += 10_000_000) }, {})
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
