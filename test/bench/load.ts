import { spawn, spawnSync } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { headers } from './messages.ts'
import { endWithThisProcess, watchCpu, type Measured } from './processes.ts'

/** Requests in a closed loop: each connection sends its next one when it has its answer. */
export type Load = {
  url: string
  /** `@N@` becomes the request's number, from `first` on, modulo `modulo`. */
  body: string
  connections: number
  seconds: number
  first: number
  modulo: number
}

const figures = z.object({
  requests: z.number(),
  seconds: z.number(),
  failures: z.number(),
  p50Ms: z.number(),
  p99Ms: z.number(),
  maxMs: z.number(),
})

export type Burst = z.output<typeof figures> & {
  perSecond: number
  /** Of one core, by who used it. */
  shares: Record<string, number>
}

export const hasWrk = spawnSync('wrk', ['--version']).error === undefined
export const generator = hasWrk ? 'wrk' : 'autocannon'

/** @returns what the load generator measured, and how busy it and `watched` were meanwhile */
export async function runLoad(load: Load, watched: Record<string, Measured>): Promise<Burst> {
  const child = hasWrk ? spawnWrk(load) : spawnCannon(load)
  endWithThisProcess(child)
  const cpu = watchCpu({ ...watched, generator: { pid: child.pid ?? 0 } })
  const said = await text(child.stdout)
  const shares = cpu.stop()
  const seen = figures.parse(JSON.parse(said.trim().split('\n').at(-1) ?? ''))
  return { ...seen, perSecond: seen.requests / seen.seconds, shares }
}

function spawnWrk({ url, body, connections, seconds, first, modulo }: Load) {
  const script = fileURLToPath(new URL('wrk.lua', import.meta.url))
  const args = [
    '-t1',
    `-c${connections}`,
    `-d${seconds}s`,
    '--timeout',
    '10s',
    '--latency',
    '-s',
    script,
    url,
  ]
  return spawn('wrk', args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      PATH: process.env.PATH ?? '',
      BENCH_BODY: body,
      BENCH_MODULO: String(modulo),
      BENCH_FIRST: String(first),
      BENCH_TYPE: headers['content-type'],
      BENCH_AUTHORIZATION: headers.authorization,
    },
  })
}

function spawnCannon(load: Load) {
  const script = fileURLToPath(new URL('cannon.ts', import.meta.url))
  return spawn(process.execPath, [script, JSON.stringify(load)], { stdio: ['ignore', 'pipe', 'inherit'] })
}
