import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startBroker } from '../support/kafka-broker.ts'
import { missingPrograms } from '../support/kafka-jars.ts'
import { createTopic } from '../support/kafka-topic.ts'
import manifest from '../../package.json' with { type: 'json' }
import { generator } from './load.ts'
import { watchHost } from './processes.ts'
import { judge, print, printGoals, type Measurement } from './report.ts'
import type { Settings } from './rounds.ts'
import { backlog } from './scenarios/backlog.ts'
import { fromMemory, passThrough } from './scenarios/balance.ts'
import { consolePages } from './scenarios/console.ts'
import { cost, growth } from './scenarios/cost.ts'
import { debit } from './scenarios/debit.ts'
import { diaryLatency } from './scenarios/diary.ts'
import { latency, overload } from './scenarios/latency.ts'
import { postgresGrowth, postgresLatency } from './scenarios/postgres.ts'
import { replicas } from './scenarios/replicas.ts'
import { tickets } from './scenarios/tickets.ts'
import { traces } from './scenarios/traces.ts'

const names = [
  'pass-through',
  'memory',
  'debit',
  'tickets',
  'backlog',
  'latency',
  'overload',
  'cost',
  'growth',
  'traces',
  'replicas',
  'postgres-latency',
  'postgres-growth',
  'diary',
  'console',
] as const
type Name = (typeof names)[number]

const { values } = parseArgs({
  options: {
    json: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '5' },
    connections: { type: 'string', default: '32' },
    only: { type: 'string', default: names.join() },
  },
})
const wanted = new Set(values.only.split(','))
const unknown = [...wanted].filter((name) => !names.includes(name as Name))
if (unknown.length > 0) throw new Error(`--only knows ${names.join()}, but not ${unknown.join()}`)

const machine = {
  date: new Date().toISOString(),
  cpu: `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`,
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  kernel: spawnSync('uname', ['-sr']).stdout.toString().trim(),
  node: process.version,
  sqlite: process.versions.sqlite,
  generator,
  versions: manifest.dependencies,
}
console.log(
  Object.entries({ ...machine, versions: undefined })
    .flatMap(([name, value]) => (value ? `${name} ${value}` : []))
    .join(', '),
)
console.log(
  Object.entries(machine.versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(', '),
)

const folder = mkdtempSync(join(tmpdir(), 'bench-'))
const settings: Settings = {
  rounds: Number(values.rounds),
  seconds: Number(values.seconds),
  connections: Number(values.connections),
  folder,
}
// What is measured is what the image runs.
execFileSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' })
const missing = missingPrograms()
if (missing.length > 0)
  console.log(`without Kafka, since ${missing.join(' and ')} is not installed: no tickets into Kafka`)
const broker = missing.length > 0 ? undefined : await startBroker()

const measured = new Map<Name, Measurement>()
async function measure(name: Name, run: () => Promise<Measurement>) {
  if (!wanted.has(name)) return
  const stolenShare = watchHost()
  const measurement = { ...(await run()), stolenShare: stolenShare() }
  measured.set(name, measurement)
  print(measurement)
}

try {
  await measure('pass-through', () => passThrough(settings))
  await measure('memory', () => fromMemory(settings))
  await measure('debit', () => debit(settings))
  if (broker) await measure('tickets', () => tickets(settings, broker))
  if (broker) await measure('backlog', () => backlog(settings, broker))
  await measure('latency', () => latency(settings))
  const saturated = measured.get('pass-through')?.rows?.find(({ variant }) => variant === 'ours')
  if (saturated) await measure('overload', () => overload(settings, saturated.perSecond.median))
  const brokers = broker?.brokers
  const kafka: Record<string, string> = brokers
    ? { KAFKA_BROKERS: brokers.join(), KAFKA_TOPIC: await createTopic(brokers) }
    : {}
  await measure('cost', () => cost(settings, kafka))
  await measure('growth', () => growth(settings))
  await measure('traces', () => traces(settings))
  await measure('replicas', () => replicas(settings))
  await measure('postgres-latency', () => postgresLatency(settings))
  await measure('postgres-growth', () => postgresGrowth(settings))
  await measure('diary', () => diaryLatency(settings))
  await measure('console', () => consolePages(settings))
} finally {
  await broker?.stop()
  rmSync(folder, { recursive: true, force: true })
}

const scenarios = Object.fromEntries(measured)
const ratios = Object.assign({}, ...[...measured.values()].map((each) => each.ratios)) as Record<
  string,
  number
>
printGoals(ratios)
if (values.json)
  writeFileSync(
    values.json,
    `${JSON.stringify({ machine, settings: { ...settings, folder: undefined }, ratios, goals: judge(ratios), scenarios }, null, 2)}\n`,
  )
