import { journalEnv } from '../../support/journal-url.ts'
import { startCluster } from '../../support/postgres-cluster.ts'
import { startAdapter, startCore } from '../adapter.ts'
import { growPostgres } from '../grow-journal.ts'
import * as messages from '../messages.ts'
import type { Measurement } from '../report.ts'
import { interleave, ratio, spread, warmUp, type Settings } from '../rounds.ts'
import { runSteady, toSteadyRow, well, type Steady } from '../steady.ts'

/** Ten times what TRIFFT's limit allows a whole chain of pubs. */
const perSecond = 50
/** A thousand debits, so that ten are slower than the p99. */
const minSeconds = 20

/** What a debit takes longer than the core, with its journal in a PostgreSQL on the same machine, and in a file. */
export async function postgresLatency(settings: Settings): Promise<Measurement> {
  const { folder, rounds, connections } = settings
  const core = await startCore(folder)
  const coreUrl = `${core.url}/v1`
  const cluster = await startCluster({ durable: true })
  const postgres = { pid: cluster.pid() ?? 0, hasChildren: true }
  const inFile = await startAdapter('in-file', { coreUrl, folder })
  const onPostgres = await startAdapter('on-postgres', { coreUrl, folder, env: journalEnv(cluster.url) })
  for (const program of [inFile, onPostgres])
    await warmUp({ name: 'ours', program, url: program.debitUrl, body: messages.debit }, connections)

  const seconds = Math.max(settings.seconds, minSeconds)
  const order = { perSecond, seconds, connections: 256, maxWaiting: 10_000 }
  const ask = { till: messages.debit }
  const direct: Steady[] = []
  const file: Steady[] = []
  const database: Steady[] = []
  for (let round = 0; round < rounds; round++) {
    direct.push(well(await runSteady({ ...order, url: coreUrl, ask: { core: 'debit' } }, { core })))
    file.push(well(await runSteady({ ...order, url: inFile.debitUrl, ask }, { core, service: inFile })))
    const watched = { core, service: onPostgres, postgres }
    database.push(well(await runSteady({ ...order, url: onPostgres.debitUrl, ask }, watched)))
  }
  await Promise.all([inFile, onPostgres, core].map((program) => program.stop()))
  await cluster.stop()
  const added = (name: 'p50Ms' | 'p99Ms', over: Steady[]) =>
    spread(database.map((each, round) => each[name] - (over[round]?.[name] ?? 0))).median
  return {
    title: `Latency at ${perSecond} debits a second, open loop, from when each was due`,
    rows: [
      toSteadyRow('the core asked directly', direct),
      toSteadyRow('ours, SQLite', file),
      toSteadyRow('ours, PostgreSQL', database),
    ],
    ratios: {
      postgresDebitAddedP50Ms: added('p50Ms', direct),
      postgresDebitAddedP99Ms: added('p99Ms', direct),
      postgresDebitOverFileP50Ms: added('p50Ms', file),
      postgresDebitOverFileP99Ms: added('p99Ms', file),
    },
  }
}

const sizes = [10, 1_000_000]

/** What a debit costs on a PostgreSQL that remembers little, and on one that remembers two months. */
export async function postgresGrowth(settings: Settings): Promise<Measurement> {
  const { folder } = settings
  const core = await startCore(folder)
  const cluster = await startCluster({ durable: true })
  const variants = []
  for (const rows of sizes) {
    const url = await cluster.createDatabase()
    const options = { coreUrl: `${core.url}/v1`, folder, env: journalEnv(url) }
    // The first start brings the schema.
    await (await startAdapter(`schema-${rows}`, options)).stop()
    await growPostgres(url, rows)
    const program = await startAdapter(`rows-${rows}`, options)
    const name = `${rows.toLocaleString('en')} rows`
    variants.push({ name, program, url: program.debitUrl, body: messages.debit, callsEach: 1 })
  }
  const rows = await interleave(variants, settings, core)
  await Promise.all([...variants.map(({ program }) => program), core].map((program) => program.stop()))
  await cluster.stop()
  const [few = '', many = ''] = variants.map(({ name }) => name)
  return {
    title: 'Debit with a full journal in PostgreSQL',
    rows,
    ratios: { postgresDebitCostGrowth: ratio(rows, few, many) },
  }
}
