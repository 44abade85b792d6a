import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import type { Order } from './open-loop.ts'
import { endWithThisProcess, watchCpu, type Measured } from './processes.ts'
import { spread, type Row } from './rounds.ts'

const figures = z.object({
  sent: z.number(),
  ok: z.number(),
  refused: z.number(),
  failed: z.number(),
  givenUp: z.number(),
  perSecond: z.number(),
  p50Ms: z.number(),
  p99Ms: z.number(),
  p999Ms: z.number(),
  maxMs: z.number(),
})

export type Steady = z.output<typeof figures> & { shares: Record<string, number> }

/** An open loop in a process of its own. */
export async function runSteady(order: Order, watched: Record<string, Measured>): Promise<Steady> {
  const script = fileURLToPath(new URL('open-loop.ts', import.meta.url))
  const child = spawn(process.execPath, [script, JSON.stringify(order)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  endWithThisProcess(child)
  const cpu = watchCpu({ ...watched, generator: { pid: child.pid ?? 0 } })
  const said = await text(child.stdout)
  return { ...figures.parse(JSON.parse(said)), shares: cpu.stop() }
}

/** @throws Error if one of them got no OK */
export function well(steady: Steady): Steady {
  if (steady.failed + steady.refused + steady.givenUp > 0) throw new Error(JSON.stringify(steady))
  return steady
}

/** Medians over rounds. */
export function toSteadyRow(variant: string, steadies: Steady[]): Row {
  const [first] = steadies
  const p999 = spread(steadies.map(({ p999Ms }) => p999Ms)).median
  const most = spread(steadies.map(({ maxMs }) => maxMs)).most
  return {
    variant,
    perSecond: spread(steadies.map((each) => each.perSecond)),
    p50Ms: spread(steadies.map((each) => each.p50Ms)),
    p99Ms: spread(steadies.map((each) => each.p99Ms)),
    shares: first?.shares ?? {},
    rounds: [],
    notes: [`p99.9 ${p999.toFixed(1)} ms, slowest ${most.toFixed(1)} ms`],
  }
}
