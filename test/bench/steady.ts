import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import type { Order } from './open-loop.ts'
import { endWithThisProcess, watchCpu, type Measured } from './processes.ts'

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
