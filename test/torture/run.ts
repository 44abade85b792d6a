import { createWriteStream, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startCoreSimulator } from '../simulators/core.ts'
import type { RunningKafka } from '../support/kafka-cluster.ts'
import { createTopic } from '../support/kafka-topic.ts'
import { startAlone } from './alone.ts'
import type { Finding } from './audit.ts'
import { createChance } from './chance.ts'
import { wreakHavoc } from './chaos.ts'
import { compare } from './compare.ts'
import { couponsOfCard, createCounter } from './counter.ts'
import { createFigures, type Figures } from './figures.ts'
import type { Wish } from './memory.ts'
import { pauseUntil } from './pause.ts'
import { projectOf } from './project.ts'
import { coreLimit, startReplicas } from './replicas/replicas.ts'
import { ageJournal, isSettledWithin } from './settle.ts'
import { createMeasuredTill } from './till.ts'

const tills = 24
const settleWithinMs = 120_000

type Counter = ReturnType<typeof createCounter>
type CounterParts = Parameters<typeof createCounter>[0]
type World = Awaited<ReturnType<typeof build>>
type Note = (event: object) => void

/** `replicas`: 1 for one process with a file; `kafka`: its brokers are killed now and then; `seed`: of all choices. */
export type Order = { seconds: number; seed: number; replicas: number; kafka: RunningKafka }

/**
 * Tills hammer a real service, with a real Kafka and a real file or a real PostgreSQL, while everything around it breaks;
 * then all is put right, and what the tills were told is compared with what the core has done and what is in Kafka.
 *
 * @returns `figures` of one line; `problems`: whatever must not be; `folder`: logs and a timeline, kept if there are any
 */
export async function runTorture(order: Order) {
  const { seconds, seed } = order
  const folder = mkdtempSync(join(tmpdir(), 'torture-'))
  const world = await build(folder, order)
  const { core, tortured } = world
  const chance = createChance(seed)
  const timeline = createWriteStream(join(folder, 'timeline.jsonl'))
  const note: Note = (event) => void timeline.write(`${JSON.stringify(event)}\n`)
  const figures = createFigures(note)
  /** Of the redemption that it knows of. If the OK was repeated, one note is enough. */
  const isExcused = ({ oks, redemptionId }: Wish) => {
    const told = oks.filter((ok) => ok.redemptionId === redemptionId)
    return told.length > 0 && told.every(tortured.isUnnoted)
  }
  const counters = openCounters(world, { chance, figures, isExcused, note })

  try {
    const signal = AbortSignal.timeout(seconds * 1_000)
    const havoc = wreakHavoc(tortured.troubles, chance.fork(), figures, signal)
    await Promise.all([havoc, ...counters.map(({ open }) => open(signal))])
    await putRight(world, counters, figures)
    const findings = await compare(world, counters, isExcused)
    const wrong = findings.filter(({ kind }) => kind !== 'cost').map(({ kind, what }) => `${kind}: ${what}`)
    const rateLimited = core.rateLimited()
    if (rateLimited > 0)
      wrong.push(`the core has refused ${rateLimited} calls, which were more than its limit`)
    const problems = [...figures.broken, ...core.violations, ...wrong]
    return { figures: summarize(order, world, figures, counters, findings), problems, folder }
  } finally {
    await tortured.end()
    await core.close()
    figures.end()
    timeline.end()
  }
}

function openCounters(
  { tortured, venueIds, cards }: World,
  {
    chance,
    figures,
    isExcused,
    note,
  }: Pick<CounterParts, 'chance' | 'figures' | 'isExcused'> & { note: Note },
): Counter[] {
  return Array.from({ length: tills }, (_, index) => {
    const name = `T${index}`
    const venueId = venueIds[index % venueIds.length] ?? ''
    const till = createMeasuredTill(venueId, tortured.target, figures, (event) =>
      note({ till: name, ...event }),
    )
    return createCounter({ name, till, cards, chance: chance.fork(), figures, isExcused })
  })
}

async function build(folder: string, { seconds, replicas, kafka }: Order) {
  const { project, venueIds, cards } = projectOf({ venues: 3, cards: 40, couponsOfCard })
  const limit = replicas > 1 ? coreLimit : 'off'
  const core = await startCoreSimulator({ limit, projects: [project] })
  const topic = await createTopic(kafka.brokers, { partitions: 3 })
  const env = {
    CORE_BASE_URL: core.url,
    CORE_BLOCK_MS: '3000',
    // So that venues are checked again and again, and a check that was refused by mistake is soon forgotten.
    VENUE_FRESH_MS: '2000',
    VENUE_REFUSED_MS: '500',
    KAFKA_BROKERS: kafka.brokers.join(),
    KAFKA_TOPIC: topic,
  }
  const surroundings = { env, folder, seconds, core, kafka, topic }
  const tortured = await (replicas > 1 ? startReplicas(replicas, surroundings) : startAlone(surroundings))
  return { tortured, core, kafka, topic, venueIds, cards }
}

/** The core is well, all brokers up, the bills delivered, and what is in doubt settled by a service that was down an hour. */
async function putRight({ tortured }: World, counters: Counter[], figures: Figures) {
  const patience = AbortSignal.timeout(settleWithinMs)
  await Promise.all(
    counters.map(async ({ deliver }) => {
      while (!(await deliver()) && (await pauseUntil(patience, 200)));
    }),
  )
  for (const code of await tortured.stop())
    if (code !== 0) figures.broken.push(`the stop at the end ended with ${code}`)
  await ageJournal(tortured.sql)
  await tortured.start()
  if (!(await isSettledWithin(settleWithinMs, tortured))) figures.broken.push('not everything was settled')
}

function summarize(
  { seconds, seed, kafka }: Order,
  { core, tortured }: World,
  figures: Figures,
  counters: Counter[],
  findings: Finding[],
) {
  const beliefs = counters.flatMap(({ wishes }) => wishes.map(({ belief }) => belief))
  const count = (kind: Finding['kind']) => findings.filter((finding) => finding.kind === kind).length
  return {
    seed,
    seconds,
    replicas: tortured.replicas,
    brokers: kafka.nodes.length,
    ...figures.summary(),
    audited: {
      tickets: counters.reduce((sum, { bills }) => sum + bills.length, 0),
      redemptions: beliefs.length,
      unsure: beliefs.filter((belief) => belief === 'unsure').length,
    },
    missing: count('missing'),
    doubled: count('doubled'),
    differing: count('differing'),
    stale: count('stale'),
    costOfKills: count('cost'),
    calls: core.calls.length,
    rateLimited: core.rateLimited(),
    violations: core.violations.length,
    unforeseen: figures.broken.length,
  }
}

/** Only what went well leaves nothing behind. */
export function forget(folder: string) {
  rmSync(folder, { recursive: true })
}
