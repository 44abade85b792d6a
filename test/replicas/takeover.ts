import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startReplicas } from '../sandbox/replicas.ts'
import { startCoreSimulator, type CoreSimulator } from '../simulators/core.ts'
import { createTill } from '../simulators/till.ts'
import type { AdapterProcess, LogLine } from '../support/adapter-process.ts'
import { apiKey, projectOf } from '../torture/project.ts'

/** What is promised: until another has the relay, and until what was under way is given back, from the till's deadline. */
const goalsMs = { relay: 8_000, undo: 15_000 }
const deadlineMs = 2_500
const replicas = 3

/**
 * `npm run takeover -- [--rounds N]`: in each round, of three replicas on a real PostgreSQL the one that publishes the
 * tickets is killed while it has a debit at the core. Prints how long the others take until one of them publishes, and
 * until one of them has given back what that debit took. No Kafka is needed for that.
 */
const { values } = parseArgs({ options: { rounds: { type: 'string', default: '5' } } })
const folder = await mkdtemp(join(tmpdir(), 'takeover-'))
const ends: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })]
const onEnd = (end: () => Promise<unknown>) => void ends.push(end)
try {
  const { project, venueIds, cards } = projectOf({ venues: 1, cards: 1, couponsOfCard: 0 })
  const core = await startCoreSimulator({ limit: 'off', projects: [project] })
  onEnd(core.close)
  const nobodyListens = '127.0.0.1:9'
  const { adapters, start } = await startReplicas({
    count: replicas,
    env: { CORE_BASE_URL: core.url, CORE_RATE_LIMIT: '0', KAFKA_BROKERS: nobodyListens },
    logFileOf: (replica) => join(folder, `replica-${replica}.log`),
    onEnd,
  })

  const seen: Record<keyof typeof goalsMs, number>[] = []
  let alive = adapters
  for (let round = 0; round < Number(values.rounds); round++) {
    const { index } = await firstOf(alive, publishes)
    const others = alive.toSpliced(index, 1)
    seen.push(await kill(alive[index]!, others, core, `T-${round}`))
    alive = [...others, await start()]
  }
  const relay = summarize(seen.map((each) => each.relay))
  const undo = summarize(seen.map((each) => each.undo))
  console.log(JSON.stringify({ rounds: seen.length, relayMs: relay, undoAfterDeadlineMs: undo }))
  if (relay.most > goalsMs.relay || undo.most > goalsMs.undo) process.exitCode = 1

  async function kill(
    victim: AdapterProcess,
    others: AdapterProcess[],
    { faults }: CoreSimulator,
    id: string,
  ) {
    const till = createTill({ baseUrl: victim.url, venueId: venueIds[0] ?? '', apiKey })
    const cardNumber = cards[0] ?? ''
    const fault = faults.next({ operation: 'debit', kind: 'hang', when: 'after' })
    const deadlineAtMs = performance.now() + deadlineMs
    const unanswered = till
      .debit({ cardNumber, accountNumber: id, transactionId: id, points: 1 })
      .catch(() => undefined)
    await fault.reached
    const reference = core.movements().at(-1)?.reference
    const killedAtMs = performance.now()
    await victim.kill9()
    await unanswered
    const isGivenBack = ({ msg, redemptionId, state }: LogLine) =>
      msg === 'undo' && redemptionId === reference && state === 'reversed'
    const [relayAtMs, undoAtMs] = await Promise.all(
      [publishes, isGivenBack].map(async (fits) => (await firstOf(others, fits)).atMs),
    )
    return { relay: relayAtMs! - killedAtMs, undo: undoAtMs! - deadlineAtMs }
  }
} finally {
  for (const end of ends.toReversed()) await end()
}

function publishes({ msg }: LogLine): boolean {
  return msg === 'this replica publishes the tickets now'
}

/** @returns which of them has such a log line first, and when that was seen */
function firstOf(adapters: AdapterProcess[], fits: (line: LogLine) => boolean) {
  return Promise.race(
    adapters.map(async (adapter, index) => {
      await adapter.line(fits)
      return { index, atMs: performance.now() }
    }),
  )
}

function summarize(ms: number[]): { median: number; most: number } {
  const sorted = ms.toSorted((a, b) => a - b).map(Math.round)
  return { median: sorted[Math.floor(sorted.length / 2)] ?? NaN, most: sorted.at(-1) ?? NaN }
}
