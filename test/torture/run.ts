import { createWriteStream, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readConfig } from '../../src/config/config.ts'
import { coverIds, createCoverId } from '../../src/loyalty/cover-ids.ts'
import { createKeyedHash, debitKey } from '../../src/model/keys.ts'
import { startCoreSimulator } from '../simulators/core.ts'
import type { RunningKafka } from '../support/kafka-cluster.ts'
import { readTopic } from '../support/kafka-consumer.ts'
import { createTopic, untilInSync } from '../support/kafka-topic.ts'
import { auditRedemptions, auditTickets, type Finding } from './audit.ts'
import { createChance } from './chance.ts'
import { wreakHavoc, type Victims } from './chaos.ts'
import { couponsOfCard, createCounter } from './counter.ts'
import { createFigures, type Figures } from './figures.ts'
import type { Wish } from './memory.ts'
import { pauseUntil } from './pause.ts'
import { coreIdOf, projectOf, startPoints } from './project.ts'
import { superviseService } from './service.ts'
import { ageJournal, isSettledWithin, readRows } from './settle.ts'
import { createMeasuredTill } from './till.ts'

const tills = 24
/** Between the OK that a till has heard and the note of it in the journal. */
const unnotedMs = 1_000
const settleWithinMs = 120_000

type Counter = ReturnType<typeof createCounter>
type CounterParts = Parameters<typeof createCounter>[0]
type World = Awaited<ReturnType<typeof build>>
type Note = (event: object) => void

/**
 * Tills hammer a real service, with a real Kafka and a real file, while everything around it breaks; then all is put
 * right, and what the tills were told is compared with what the core has done and what is in Kafka.
 *
 * @param order `kafka`: its brokers are killed now and then; `seed`: of all choices
 * @returns `figures` of one line; `problems`: whatever must not be; `folder`: logs and a timeline, kept if there are any
 */
export async function runTorture(order: { seconds: number; seed: number; kafka: RunningKafka }) {
  const { seconds, seed, kafka } = order
  const folder = mkdtempSync(join(tmpdir(), 'torture-'))
  const world = await build(folder, kafka)
  const { core, service } = world.victims
  const chance = createChance(seed)
  const timeline = createWriteStream(join(folder, 'timeline.jsonl'))
  const note: Note = (event) => void timeline.write(`${JSON.stringify(event)}\n`)
  const figures = createFigures(note)
  const isExcused = ({ okAtMs = 0 }: Wish) =>
    service.killedAtMs.some((atMs) => atMs >= okAtMs && atMs < okAtMs + unnotedMs)
  const counters = openCounters(world, { chance, figures, isExcused, note })

  try {
    const signal = AbortSignal.timeout(seconds * 1_000)
    const havoc = wreakHavoc(world.victims, chance.fork(), figures, signal)
    await Promise.all([havoc, ...counters.map(({ open }) => open(signal))])
    await putRight(world.victims, counters, figures)
    const findings = await audit(world, counters, isExcused)
    const wrong = findings.filter(({ kind }) => kind !== 'cost').map(({ kind, what }) => `${kind}: ${what}`)
    const problems = [...figures.broken, ...core.violations, ...wrong]
    return { figures: summarize(order, figures, counters, core.violations, findings), problems, folder }
  } finally {
    await service.kill9()
    await core.close()
    figures.end()
    timeline.end()
  }
}

function openCounters(
  { victims, venueIds, cards }: World,
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
    const till = createMeasuredTill(venueId, victims.service, figures, (event) =>
      note({ till: name, ...event }),
    )
    return createCounter({ name, till, cards, chance: chance.fork(), figures, isExcused })
  })
}

async function build(folder: string, kafka: RunningKafka) {
  const { project, venueIds, cards } = projectOf({ venues: 3, cards: 40, couponsOfCard })
  const core = await startCoreSimulator({ limit: 'off', projects: [project] })
  const topic = await createTopic(kafka.brokers, { partitions: 3 })
  const journalPath = join(folder, 'journal.sqlite')
  const env = {
    CORE_BASE_URL: core.url,
    CORE_RATE_LIMIT: '0',
    CORE_BLOCK_MS: '3000',
    // So that venues are checked again and again, and a check that was refused by mistake is soon forgotten.
    VENUE_FRESH_MS: '2000',
    VENUE_REFUSED_MS: '500',
    KAFKA_BROKERS: kafka.brokers.join(),
    KAFKA_TOPIC: topic,
    JOURNAL_PATH: journalPath,
  }
  const service = await superviseService(env, join(folder, 'service.log'))
  const victims: Victims = { service, core, kafka, topic, journalPath }
  return { victims, venueIds, cards }
}

/** The core is well, all brokers up, the bills delivered, and what is in doubt settled by a service that was down an hour. */
async function putRight({ service, journalPath }: Victims, counters: Counter[], figures: Figures) {
  const patience = AbortSignal.timeout(settleWithinMs)
  await Promise.all(
    counters.map(async ({ deliver }) => {
      while (!(await deliver()) && (await pauseUntil(patience, 200)));
    }),
  )
  await service.stop()
  ageJournal(journalPath)
  await service.start()
  const { managementUrl } = service
  if (!(await isSettledWithin(settleWithinMs, { managementUrl, journalPath })))
    figures.broken.push('not everything was settled')
}

async function audit(
  { victims }: World,
  counters: Counter[],
  isExcused: (wish: Wish) => boolean,
): Promise<Finding[]> {
  const { core, kafka, topic, journalPath } = victims
  const redemptions = auditRedemptions({
    wishes: counters.flatMap(({ wishes }) => wishes),
    rows: readRows(journalPath),
    movements: core.movements(),
    keysOf,
    isExcused,
    startPoints,
    pointsOf: core.points,
  })
  await untilInSync(kafka.brokers, topic)
  const records = await readTopic(kafka.brokers, topic)
  return [
    ...redemptions,
    ...auditTickets(
      counters.flatMap(({ bills }) => bills),
      records,
    ),
  ]
}

/** As the service names them, with a stand-in for the id of a coupon that holds the card number. */
function keysOf({ venueId, cardNumber, accountNumber, what, asked }: Wish): string[] {
  const caller = { venue: { id: venueId, coreId: coreIdOf(venueId), currency: 'GBP' } }
  return [...asked].map((transactionId) => {
    const request = { cardNumber, accountNumber, what, ...(transactionId && { transactionId }) }
    return debitKey(caller, coverIds(request, coverId))
  })
}

const coverId = createCoverId(createKeyedHash(readConfig({ HOST: '127.0.0.1' }).journal.cardHashKey))

function summarize(
  { seconds, seed, kafka }: { seconds: number; seed: number; kafka: RunningKafka },
  figures: Figures,
  counters: Counter[],
  violations: string[],
  findings: Finding[],
) {
  const beliefs = counters.flatMap(({ wishes }) => wishes.map(({ belief }) => belief))
  const count = (kind: Finding['kind']) => findings.filter((finding) => finding.kind === kind).length
  return {
    seed,
    seconds,
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
    costOfKills: count('cost'),
    violations: violations.length,
    unforeseen: figures.broken.length,
  }
}

/** Only what went well leaves nothing behind. */
export function forget(folder: string) {
  rmSync(folder, { recursive: true })
}
