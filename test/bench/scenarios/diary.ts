import { join } from 'node:path'
import { holdLock } from '../../support/hold-lock.ts'
import { journalEnv } from '../../support/journal-url.ts'
import { startCluster } from '../../support/postgres-cluster.ts'
import { startAdapter, startCore, type Adapter } from '../adapter.ts'
import * as messages from '../messages.ts'
import type { Measurement } from '../report.ts'
import { spread, warmUp, type Settings } from '../rounds.ts'
import { runSteady, toSteadyRow, well, type Steady } from '../steady.ts'

/** Twenty times what TRIFFT's limit allows. */
const perSecond = 100
const minSeconds = 20

const modes = ['off', 'on', 'locked'] as const
type Mode = (typeof modes)[number]
type Place = 'SQLite' | 'PostgreSQL'
type Variant = { place: Place; mode: Mode; adapter: Adapter; release: () => Promise<void> }

/** What a till waits for without a diary, with one, and with one whose table is locked all the time. */
export async function diaryLatency(settings: Settings): Promise<Measurement> {
  const { folder, rounds } = settings
  const core = await startCore(folder)
  const cluster = await startCluster({ durable: true })
  const variants: Variant[] = []
  for (const place of ['SQLite', 'PostgreSQL'] as const)
    for (const mode of modes) {
      const database = place === 'SQLite' ? {} : journalEnv(await cluster.createDatabase())
      variants.push(await start(place, mode, database, { coreUrl: `${core.url}/v1`, ...settings }))
    }
  const measured = new Map<Variant, Steady[]>(variants.map((variant) => [variant, []]))
  const seconds = Math.max(settings.seconds, minSeconds)
  for (let round = 0; round < rounds; round++)
    for (const [variant, steadies] of measured) {
      const order = { perSecond, seconds, connections: 256, maxWaiting: 10_000 }
      const load = { ...order, url: variant.adapter.debitUrl, ask: { till: messages.debit } }
      steadies.push(well(await runSteady(load, { service: variant.adapter })))
    }
  for (const { adapter, release } of variants) {
    await release()
    await adapter.stop()
  }
  await core.stop()
  await cluster.stop()
  const of = (place: Place, mode: Mode) =>
    [...measured].find(([variant]) => variant.place === place && variant.mode === mode)![1]
  const added = (place: Place, mode: Mode, name: 'p50Ms' | 'p99Ms') =>
    spread(of(place, mode).map((each, round) => each[name] - of(place, 'off')[round]![name])).median
  const ratios = (['SQLite', 'PostgreSQL'] as const).flatMap((place) =>
    (['on', 'locked'] as const).flatMap((mode) =>
      (['p50Ms', 'p99Ms'] as const).map((name) => [
        `diary ${mode}, ${place}: added ${name}`,
        added(place, mode, name),
      ]),
    ),
  )
  return {
    title: `Latency at ${perSecond} debits a second with the diary off, on, and locked`,
    rows: [...measured].map(([{ place, mode }, steadies]) =>
      toSteadyRow(`${place}, diary ${mode}`, steadies),
    ),
    ratios: Object.fromEntries(ratios) as Record<string, number>,
  }
}

async function start(
  place: Place,
  mode: Mode,
  database: Record<string, string>,
  { coreUrl, folder, connections }: Settings & { coreUrl: string },
): Promise<Variant> {
  const name = `diary-${mode}-${place}`
  const env = { ...database, ...(mode === 'off' && { DIARY_DAYS: '0' }) }
  const adapter = await startAdapter(name, { coreUrl, folder, env })
  await warmUp({ name, program: adapter, url: adapter.debitUrl, body: messages.debit }, connections)
  const release =
    mode === 'locked' ? await holdLock(database, join(folder, `${name}.sqlite`)) : async () => undefined
  return { place, mode, adapter, release }
}
