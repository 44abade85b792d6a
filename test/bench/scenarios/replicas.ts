import { journalEnv } from '../../support/journal-url.ts'
import { startCluster } from '../../support/postgres-cluster.ts'
import { startAdapter, startCore, type Adapter } from '../adapter.ts'
import { runLoad, type Burst } from '../load.ts'
import * as messages from '../messages.ts'
import { watchCpu, type Measured } from '../processes.ts'
import type { Measurement } from '../report.ts'
import { ratio, toRow, warmUpSeconds, type Settings } from '../rounds.ts'

const most = 3
let nextNumber = 1

/** One of those that are compared. */
type Side = { name: string; adapters: Adapter[]; bursts: Burst[] }

/**
 * Tickets that replicas on one PostgreSQL take in: over HTTP and into the journal, without Kafka. One replica gets as many
 * generators with as many connections as three, so that nothing but the replicas differs.
 */
export async function replicas(settings: Settings): Promise<Measurement> {
  const { folder, rounds, seconds, connections } = settings
  const core = await startCore(folder)
  const cluster = await startCluster({ durable: true })
  const postgres = { pid: cluster.pid() ?? 0, hasChildren: true }
  const [one, three] = [await startSide('1 replica', 1), await startSide(`${most} replicas`, most)]

  for (let round = 0; round <= rounds; round++)
    for (const side of [one, three]) {
      const burst = await runBurst(side.adapters, round === 0 ? warmUpSeconds : seconds)
      if (round > 0) side.bursts.push(burst)
    }
  await Promise.all([...one.adapters, ...three.adapters, core].map((program) => program.stop()))
  await cluster.stop()
  const rows = [one, three].map(({ name, bursts }) => toRow(name, bursts))
  return {
    title: 'Ticket with 20 items, by replicas on one PostgreSQL (HTTP and journal, without Kafka)',
    rows,
    ratios: { ticketsThreeReplicasOverOne: ratio(rows, three.name, one.name) },
  }

  /** On a database of its own. */
  async function startSide(name: string, count: number): Promise<Side> {
    const env = journalEnv(await cluster.createDatabase())
    const options = { coreUrl: `${core.url}/v1`, folder, env }
    const starts = Array.from({ length: count }, (_, index) =>
      startAdapter(`${count}-replicas-${index}`, options),
    )
    return { name, adapters: await Promise.all(starts), bursts: [] }
  }

  async function runBurst(adapters: Adapter[], burstSeconds: number): Promise<Burst> {
    const replicas = adapters.map((adapter, index): [string, Measured] => [`replica ${index + 1}`, adapter])
    const cpu = watchCpu({ ...Object.fromEntries(replicas), postgres })
    const loads = Array.from({ length: most }, (_, index) => ({
      url: adapters[index % adapters.length]?.ticketUrl ?? '',
      body: messages.ticket,
      connections: Math.ceil(connections / most),
      seconds: burstSeconds,
      first: (nextNumber += 10_000_000),
      modulo: Number.MAX_SAFE_INTEGER,
    }))
    const bursts = await Promise.all(loads.map((load) => runLoad(load, {})))
    const burst = addUp(bursts)
    if (burst.failures > 0) throw new Error(`${burst.failures} of ${burst.requests} tickets failed`)
    return { ...burst, shares: { ...cpu.stop(), ...burst.shares } }
  }
}

/** Of generators side by side, alike enough for the mean of their percentiles. */
function addUp(bursts: Burst[]): Burst {
  const sum = (of: (burst: Burst) => number) => bursts.reduce((total, burst) => total + of(burst), 0)
  const mean = (of: (burst: Burst) => number) => sum(of) / bursts.length
  return {
    requests: sum(({ requests }) => requests),
    failures: sum(({ failures }) => failures),
    perSecond: sum(({ perSecond }) => perSecond),
    seconds: mean(({ seconds }) => seconds),
    p50Ms: mean(({ p50Ms }) => p50Ms),
    p99Ms: mean(({ p99Ms }) => p99Ms),
    maxMs: Math.max(...bursts.map(({ maxMs }) => maxMs)),
    shares: { generators: sum(({ shares }) => shares.generator ?? 0) },
  }
}
