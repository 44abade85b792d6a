import { join } from 'node:path'
import { hashPassword } from '../../../src/console/access/passwords.ts'
import { readConfig } from '../../../src/config/config.ts'
import { openJournal } from '../../../src/journal/open.ts'
import { createLogger } from '../../../src/observability/logger.ts'
import { createMetrics } from '../../../src/observability/metrics.ts'
import { systemClock } from '../../../src/time/clock.ts'
import { journalEnv } from '../../support/journal-url.ts'
import { startCluster } from '../../support/postgres-cluster.ts'
import { startAdapter, startCore, type Adapter } from '../adapter.ts'
import { growDiaryFile, growDiaryInPostgres, keysOf } from '../grow-diary.ts'
import { growJournal, growPostgres } from '../grow-journal.ts'
import * as messages from '../messages.ts'
import type { Figure, Measurement } from '../report.ts'
import { spread, warmUp, type Settings } from '../rounds.ts'
import { runSteady, toSteadyRow, well, type Steady } from '../steady.ts'

const rows = 1_000_000
const times = 100
/** Twenty times what TRIFFT's limit allows. */
const perSecond = 100
const minSeconds = 20
const password = 'a password that is long enough'
/** So many that none of them has to wait for its turn while pages are measured. */
const users = 40
/** No page takes so long by itself. */
const slowedMs = 400
let asked = 0
const authorizationOf = (user: number) =>
  `Basic ${Buffer.from(`bench${user}:${password}`).toString('base64')}`

type Place = 'SQLite' | 'PostgreSQL'
type Keys = ReturnType<typeof keysOf>

/** How long each page of the console takes with a full diary, and what somebody who goes on searching without a pause costs the tills. */
export async function consolePages(settings: Settings): Promise<Measurement> {
  const { folder, rounds } = settings
  const core = await startCore(folder)
  const cluster = await startCluster({ durable: true })
  const hash = await hashPassword(password)
  const lines = Array.from({ length: users }, (_, user) => `bench${user}:operator:${hash}`).join('\n')
  const figures: Figure[] = []
  const steadies: [variant: string, steady: Steady[]][] = []
  const ratios: Record<string, number> = {}
  for (const place of ['SQLite', 'PostgreSQL'] as const) {
    const database = await grow(place, folder, cluster)
    const env = { ...database, CONSOLE_PORT: '0', CONSOLE_USERS: lines }
    const adapter = await startAdapter(`console-${place}`, { coreUrl: `${core.url}/v1`, folder, env })
    await warmUp(
      { name: `console, ${place}`, program: adapter, url: adapter.debitUrl, body: messages.debit },
      settings.connections,
    )
    figures.push(...(await measurePages(place, adapter)))
    const [alone, beside] = await measureTills(adapter, Math.max(settings.seconds, minSeconds), rounds)
    steadies.push([`${place}, nobody at the console`, alone], [`${place}, somebody who searches`, beside])
    ratios[`consoleAddedP99Ms, ${place}`] = spread(
      beside.map(({ p99Ms }, round) => p99Ms - alone[round]!.p99Ms),
    ).median
    await adapter.stop()
  }
  await core.stop()
  await cluster.stop()
  ratios.consoleSlowestP95Ms = Math.max(...figures.map(({ value }) => value))
  return {
    title: `The console with ${rows.toLocaleString('en')} rows of the diary and ${(rows / 10).toLocaleString('en')} redemptions; ${perSecond} debits a second beside it`,
    figures,
    rows: steadies.map(([variant, each]) => toSteadyRow(variant, each)),
    ratios,
  }
}

/** @returns the environment of a service on a database that is full */
async function grow(
  place: Place,
  folder: string,
  cluster: Awaited<ReturnType<typeof startCluster>>,
): Promise<Record<string, string>> {
  const path = join(folder, 'console.sqlite')
  const url = await cluster.createDatabase()
  const env = place === 'SQLite' ? { JOURNAL_PATH: path } : journalEnv(url)
  const { journal } = readConfig({ HOST: '127.0.0.1', ...env })
  const deps = { clock: systemClock, log: createLogger('silent'), metrics: createMetrics() }
  await (await openJournal(journal, deps)).close()
  if (place === 'SQLite') {
    growJournal(path, rows / 5)
    growDiaryFile(path, rows)
  } else {
    await growPostgres(url, rows / 5)
    await growDiaryInPostgres(url, rows)
  }
  return env
}

/** @returns the p95 of each page, in ms */
async function measurePages(place: Place, { consoleUrl }: Adapter): Promise<Figure[]> {
  // A password is checked once: then it is remembered.
  for (let user = 0; user < users; user++) await get(consoleUrl, '/audit', user)
  const search = (pick: (keys: Keys) => string) => (keys: Keys) => find(consoleUrl, pick(keys))
  const pages: [name: string, ask: (keys: Keys) => Promise<unknown>][] = [
    ['overview', () => get(consoleUrl, '/')],
    ['a bill', ({ venueId, account }) => get(consoleUrl, `/bills/${venueId}/${account}`)],
    ['a card', ({ cardHash }) => get(consoleUrl, `/cards/${cardHash}`)],
    ['redemptions', () => get(consoleUrl, '/redemptions?state=confirmed&venue=1902')],
    ['dead letters', () => get(consoleUrl, '/dead-letters')],
    ['audit', () => get(consoleUrl, '/audit')],
    ['a search by bill', search(({ venueId, account }) => `${venueId} ${account}`)],
    ["a search by a bill's number", search(({ account }) => account)],
    ['a search by request', search(({ requestId }) => requestId.slice(0, 8))],
    ['a search by transaction', search(({ transactionId }) => transactionId)],
    ['a search by ticket', search(({ ticketId }) => ticketId)],
    ['a search that finds nothing', search(({ atMs }) => `nothing${atMs}`)],
  ]
  const figures: Figure[] = []
  for (const [name, ask] of pages) {
    const tookMs: number[] = []
    for (let time = 0; time < times; time++) {
      tookMs.push(await msOf(() => ask(randomKeys())))
    }
    const sorted = tookMs.toSorted((a, b) => a - b)
    const at = (share: number) => sorted[Math.floor(share * sorted.length)]!
    figures.push({
      name: `${place}: ${name}, p95`,
      value: at(0.95),
      unit: 'ms',
      note: `p50 ${at(0.5).toFixed(1)}, first ${tookMs[0]!.toFixed(0)}`,
    })
  }
  return figures
}

/** Side by side: a round with nobody at the console, and one with somebody who presses search without a pause. */
async function measureTills(
  adapter: Adapter,
  seconds: number,
  rounds: number,
): Promise<[Steady[], Steady[]]> {
  const alone: Steady[] = []
  const beside: Steady[] = []
  const order = { perSecond, seconds, connections: 256, maxWaiting: 10_000 }
  const load = { ...order, url: adapter.debitUrl, ask: { till: messages.debit } }
  for (let round = 0; round < rounds; round++) {
    alone.push(well(await runSteady(load, { service: adapter })))
    const press = () => find(adapter.consoleUrl, randomKeys().account, 0)
    // Some pages come at once, as a person looks at them; whoever goes on is slowed.
    while ((await msOf(press)) < slowedMs);
    let isOver = false
    const pressing = (async () => {
      while (!isOver) await press()
    })()
    beside.push(well(await runSteady(load, { service: adapter })))
    isOver = true
    await pressing
  }
  return [alone, beside]
}

async function msOf(work: () => Promise<unknown>): Promise<number> {
  const sinceMs = performance.now()
  await work()
  return performance.now() - sinceMs
}

function randomKeys(): Keys {
  return keysOf(Math.floor(Math.random() * (rows / 4)) * 4, rows)
}

async function get(consoleUrl: string, path: string, user = asked++ % users) {
  await read(await fetch(consoleUrl + path, { headers: { authorization: authorizationOf(user) } }))
}

/** Follows the answer to the page that it leads to, as a browser does. */
async function find(consoleUrl: string, typed: string, user = asked++ % users) {
  const headers = { authorization: authorizationOf(user), 'sec-fetch-site': 'same-origin' }
  const body = new URLSearchParams({ q: typed })
  const answer = await fetch(`${consoleUrl}/search`, { method: 'POST', headers, body, redirect: 'manual' })
  const to = answer.headers.get('location')
  if (to === null) return void (await read(answer))
  await answer.body?.cancel()
  await get(consoleUrl, to, user)
}

async function read(answer: Response) {
  const text = await answer.text()
  if (![200, 404, 429].includes(answer.status)) throw new Error(`${answer.status}: ${text.slice(0, 300)}`)
}
