import { startAdapter, startCore, type Adapter } from '../adapter.ts'
import * as messages from '../messages.ts'
import type { Program } from '../processes.ts'
import type { Measurement } from '../report.ts'
import { spread, warmUp, type Settings } from '../rounds.ts'
import { runSteady, toSteadyRow, well, type Steady } from '../steady.ts'

const perSecond = 500
const minSeconds = 10

/** What we add to the core's own time, at a rate that is no trouble to anybody. */
export async function latency(settings: Settings): Promise<Measurement> {
  const { folder, rounds } = settings
  const core = await startCore(folder)
  const coreUrl = `${core.url}/v1`
  const ours = await startAdapter('ours', { coreUrl, folder })
  await warmUpService(ours, settings)
  const seconds = Math.max(settings.seconds, minSeconds)
  const order = { perSecond, seconds, connections: 256, maxWaiting: 10_000 }
  const asked: Record<'direct' | 'ours', Steady[]> = { direct: [], ours: [] }
  for (let round = 0; round < rounds; round++) {
    asked.direct.push(well(await runSteady({ ...order, url: coreUrl, ask: { core: 'balance' } }, { core })))
    const load = { ...order, url: ours.balanceUrl, ask: { till: messages.balance } }
    asked.ours.push(well(await runSteady(load, { core, service: ours })))
  }
  await Promise.all([ours, core].map((program) => program.stop()))
  const added = (name: 'p50Ms' | 'p99Ms' | 'p999Ms') =>
    spread(asked.ours.map((each, round) => each[name] - (asked.direct[round]?.[name] ?? 0))).median
  return {
    title: `Latency at ${perSecond} balances a second, open loop, from when each was due`,
    rows: [
      toSteadyRow('the core asked directly', asked.direct),
      toSteadyRow('ours, passed through', asked.ours),
    ],
    ratios: { addedP50Ms: added('p50Ms'), addedP99Ms: added('p99Ms'), addedP999Ms: added('p999Ms') },
  }
}

/**
 * Twice as many as it can answer, from a thousand tills that each wait for an answer: it answers on, and as fast as it can.
 *
 * @param saturatedPerSecond what it answered in a closed loop
 */
export async function overload(settings: Settings, saturatedPerSecond: number): Promise<Measurement> {
  const { folder } = settings
  const core = await startCore(folder)
  const ours = await startAdapter('ours', { coreUrl: `${core.url}/v1`, folder })
  await warmUpService(ours, settings)
  const steady = await overloadOnce(ours, core, saturatedPerSecond, Math.max(settings.seconds, minSeconds))
  await Promise.all([ours, core].map((program) => program.stop()))
  return {
    title: `Twice the saturation load (${Math.round(2 * saturatedPerSecond)} a second, open loop, 1,000 connections)`,
    rows: [toSteadyRow('ours, passed through', [steady])],
    ratios: { overloadOverSaturation: steady.perSecond / saturatedPerSecond },
  }
}

async function warmUpService(ours: Adapter, { connections }: Settings) {
  await warmUp({ name: 'ours', program: ours, url: ours.balanceUrl, body: messages.balance }, connections)
}

async function overloadOnce(ours: Adapter, core: Program, saturatedPerSecond: number, seconds: number) {
  const order = { perSecond: Math.round(2 * saturatedPerSecond), seconds, connections: 1000, maxWaiting: 0 }
  const steady = await runSteady(
    { ...order, url: ours.balanceUrl, ask: { till: messages.balance } },
    { core, service: ours },
  )
  if (steady.failed > 0) throw new Error(`${steady.failed} requests were not answered`)
  return steady
}
