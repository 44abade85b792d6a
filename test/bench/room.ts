import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { diaryPathOf } from '../../src/diary/sqlite/store.ts'
import { startAdapterProcess, type AdapterProcess } from '../support/adapter-process.ts'
import { journalEnv } from '../support/journal-url.ts'
import { startKafka } from '../support/kafka-cluster.ts'
import { createTopic } from '../support/kafka-topic.ts'
import { startCluster } from '../support/postgres-cluster.ts'
import { readSql, runSql } from '../support/postgres-database.ts'
import { startCore } from './adapter.ts'
import * as messages from './messages.ts'

/**
 * `npx node test/bench/room.ts [--messages N]`: bytes of log, diary and journal for each message, on both databases, while
 * tickets wait and once Kafka has them. Needs what the tests of Kafka need.
 */
const { values } = parseArgs({ options: { messages: { type: 'string', default: '1000' } } })
const count = Number(values.messages)
/** At once. */
const tills = 8

type Room = { journal: number; diary: number }
type Message = 'balance' | 'debit' | 'ticket'

const folder = await mkdtemp(join(tmpdir(), 'room-'))
const core = await startCore(folder)
const kafka = await startKafka('1')
const topic = await createTopic(kafka.brokers)
const cluster = await startCluster()
try {
  const journalPath = join(folder, 'journal.sqlite')
  await measure('SQLite', { JOURNAL_PATH: journalPath }, async () => ({
    journal: usedBytes(journalPath),
    diary: usedBytes(diaryPathOf(journalPath)),
  }))
  const url = await cluster.createDatabase()
  await measure('PostgreSQL', journalEnv(url), async () => {
    // Without it rows that were changed count twice, until their place is used again.
    await runSql(url, 'VACUUM FULL')
    return { journal: await tableBytes(url, 'public'), diary: await tableBytes(url, 'diary') }
  })
} finally {
  await cluster.stop()
  await kafka.stop()
  await core.stop()
  await rm(folder, { recursive: true, force: true })
}

/** @param readRoom is asked while the service is down */
async function measure(name: string, env: Record<string, string>, readRoom: () => Promise<Room>) {
  console.log(`\n${name}, bytes for each of ${count} messages:`)
  // The tables are there then, and the venue is approved.
  await runService(env, (adapter) => send(adapter, 'balance', 1))
  let before = await readRoom()
  for (const message of ['balance', 'debit', 'ticket'] as const) {
    const logged = await runService(env, (adapter) => send(adapter, message, count))
    const after = await readRoom()
    printRow(message === 'ticket' ? 'ticket that waits' : message, before, after, logged)
    if (message !== 'ticket') before = after
  }
  await runService({ ...env, KAFKA_BROKERS: kafka.brokers.join(), KAFKA_TOPIC: topic }, untilPublished)
  printRow('ticket in Kafka', before, await readRoom())
}

/** @returns bytes of the lines of requests that it has logged */
async function runService(
  env: Record<string, string>,
  act: (adapter: AdapterProcess) => Promise<void>,
): Promise<number> {
  // Each balance is asked of the core: at a bar the next guest has another card.
  const adapter = await startAdapterProcess({
    CORE_BASE_URL: core.url,
    CORE_RATE_LIMIT: '0',
    BALANCE_FRESH_MS: '0',
    ...env,
  })
  await act(adapter)
  await adapter.stop()
  const lines = adapter.lines.filter(({ msg }) => msg === 'request')
  return lines.reduce((sum, line) => sum + Buffer.byteLength(JSON.stringify(line)) + 1, 0)
}

async function send({ url }: AdapterProcess, message: Message, times: number) {
  let sent = 0
  const runTill = async () => {
    while (sent < times) {
      const body = messages[message].replaceAll('@N@', String(100_000 + sent++))
      const answer = await fetch(`${url}/${message}`, { method: 'POST', headers: messages.headers, body })
      const text = await answer.text()
      if (!answer.ok) throw new Error(text)
    }
  }
  await Promise.all(Array.from({ length: tills }, runTill))
}

async function untilPublished({ managementUrl }: AdapterProcess) {
  for (;;) {
    const page = await (await fetch(`${managementUrl}/metrics`)).text()
    if (/^zonal_tickets_waiting 0$/m.test(page)) return
    await pause(200)
  }
}

/** Of the pages that are in use. */
function usedBytes(path: string): number {
  const file = new DatabaseSync(path, { readOnly: true })
  const read = (name: string) => Number(Object.values(file.prepare(`PRAGMA ${name}`).get() ?? {})[0])
  const bytes = (read('page_count') - read('freelist_count')) * read('page_size')
  file.close()
  return bytes
}

/** With their indexes. */
async function tableBytes(url: string, schema: string): Promise<number> {
  const [row] = await readSql(
    url,
    `SELECT sum(pg_total_relation_size(oid)) AS bytes FROM pg_class
     WHERE relkind = 'r' AND relnamespace = '${schema}'::regnamespace`,
  )
  return Number(row?.bytes)
}

function printRow(what: string, before: Room, after: Room, logged?: number) {
  const toCell = (bytes: number) =>
    Math.round(bytes / count)
      .toLocaleString('en')
      .padStart(7)
  const log = logged === undefined ? '      -' : toCell(logged)
  console.log(
    `  ${what.padEnd(18)} log ${log}  diary ${toCell(after.diary - before.diary)}  journal ${toCell(after.journal - before.journal)}`,
  )
}
