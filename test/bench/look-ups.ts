import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { readConfig } from '../../src/config/config.ts'
import { billsByNumber, lastSpokeMs } from '../../src/diary/look-ups.ts'
import { openDiaryReader } from '../../src/diary/open.ts'
import { openJournal } from '../../src/journal/open.ts'
import { operations } from '../../src/model/words.ts'
import { createLogger } from '../../src/observability/logger.ts'
import { createMetrics } from '../../src/observability/metrics.ts'
import { systemClock } from '../../src/time/clock.ts'
import { gatherBill, gatherCard, gatherId, type Sources } from '../../src/timeline/gather.ts'
import { journalEnv } from '../support/journal-url.ts'
import { startCluster } from '../support/postgres-cluster.ts'
import { growDiaryFile, growDiaryInPostgres, keysOf } from './grow-diary.ts'
import { growJournal, growPostgres } from './grow-journal.ts'

/**
 * `npm run bench:look-ups -- [--rows N] [--times N]`: how long each look-up takes, on both databases, with so many rows of
 * the diary and a tenth as many redemptions. Without the start of a process, which a command pays once.
 */
const { values } = parseArgs({
  options: { rows: { type: 'string', default: '1000000' }, times: { type: 'string', default: '200' } },
})
const rows = Number(values.rows)
const times = Number(values.times)
const log = createLogger('silent')
const deps = { clock: systemClock, log, metrics: createMetrics() }

const folder = mkdtempSync(join(tmpdir(), 'look-ups-'))
const cluster = await startCluster({ durable: true })
try {
  const path = join(folder, 'journal.sqlite')
  await measure('SQLite', { JOURNAL_PATH: path }, async () => {
    growJournal(path, rows / 5)
    growDiaryFile(path, rows)
  })
  const url = await cluster.createDatabase()
  await measure('PostgreSQL', journalEnv(url), async () => {
    await growPostgres(url, rows / 5)
    await growDiaryInPostgres(url, rows)
  })
} finally {
  await cluster.stop()
  rmSync(folder, { recursive: true })
}

async function measure(name: string, env: Record<string, string>, grow: () => Promise<void>) {
  const config = readConfig({ HOST: '127.0.0.1', ...env })
  await (await openJournal(config.journal, deps)).close()
  await grow()
  const journal = await openJournal(config.journal, deps)
  const diary = (await openDiaryReader(config, log))!
  const sources: Sources = { diary, journal: journal.lookUps }
  const always = { fromMs: 0, toMs: Number.MAX_SAFE_INTEGER }
  const hourMs = 3_600_000
  const lookUps: [what: string, ask: (keys: ReturnType<typeof keysOf>) => Promise<unknown>][] = [
    ['a bill', ({ venueId, account }) => gatherBill(sources, { venueId, account }, always)],
    ["a bill's number at any venue", ({ account }) => diary.read(() => billsByNumber(account))],
    ['a card', ({ cardHash }) => gatherCard(sources, cardHash, always)],
    ['a request, by 8 characters', ({ requestId }) => gatherId(sources, requestId.slice(0, 8))],
    ['a transaction', ({ transactionId }) => gatherId(sources, transactionId)],
    ['a redemption', ({ redemptionId }) => gatherId(sources, redemptionId)],
    ['a ticket', ({ ticketId }) => gatherId(sources, ticketId)],
    [
      'redemptions of a venue',
      () =>
        journal.lookUps.listRedemptions({
          states: undefined,
          venueId: '1902',
          sinceMs: Date.now() - 2 * 24 * hourMs,
          limit: 200,
        }),
    ],
    [
      'venues that spoke in two hours',
      ({ atMs }) => diary.read(() => lastSpokeMs(operations, { fromMs: atMs - 2 * hourMs, toMs: atMs })),
    ],
    [
      'when venues last spoke in a day',
      ({ atMs }) => diary.read(() => lastSpokeMs(operations, { fromMs: atMs - 24 * hourMs, toMs: atMs })),
    ],
  ]
  console.log(
    `${name}, ${rows.toLocaleString('en')} rows of the diary, ${(rows / 10).toLocaleString('en')} redemptions:`,
  )
  for (const [what, ask] of lookUps) {
    const tookMs: number[] = []
    for (let time = 0; time < times; time++) {
      const keys = keysOf(Math.floor(Math.random() * (rows / 4)) * 4, rows)
      const sinceMs = performance.now()
      await ask(keys)
      tookMs.push(performance.now() - sinceMs)
    }
    const sorted = tookMs.toSorted((a, b) => a - b)
    const at = (share: number) => sorted[Math.floor(share * sorted.length)]?.toFixed(1)
    console.log(`  ${what.padEnd(32)} p50 ${at(0.5)} ms, p95 ${at(0.95)} ms`)
  }
  await diary.close()
  await journal.close()
}
