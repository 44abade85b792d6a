import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { z } from 'zod'

const listening = z.looseObject({
  msg: z.literal('listening'),
  port: z.number(),
  managementPort: z.number().optional(),
  consolePort: z.number().optional(),
})

/** `hasChildren`: its child processes are a part of it, as those of PostgreSQL are. */
export type Measured = { pid: number; hasChildren?: boolean }
export type Program = Awaited<ReturnType<typeof startProgram>>

const lookEveryMs = 5
const startWithinMs = 20_000
/** Of the kernel's clock in /proc; the same on every Linux that Node runs on. */
const ticksPerSecond = 100

/**
 * Starts a program that says `{"msg":"listening","port":…}` on a line of its own. What it prints goes to a file, as a
 * pipe would cost the one who reads it.
 *
 * @param program `args` of node; `env` is all of its environment but PATH; `folder` gets its output
 */
export async function startProgram(program: {
  name: string
  args: string[]
  env?: Record<string, string>
  folder: string
}) {
  const { name, args, env = {}, folder } = program
  const outputFile = join(folder, `${name}.log`)
  const output = openSync(outputFile, 'w')
  const startedAtMs = performance.now()
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', output, output],
    env: { PATH: process.env.PATH ?? '', ...env },
  })
  closeSync(output)
  endWithThisProcess(child)

  const { port, managementPort, consolePort } = await waitUntilListening(child, name, outputFile)
  return {
    pid: child.pid ?? 0,
    url: `http://127.0.0.1:${port}`,
    managementUrl: `http://127.0.0.1:${managementPort}`,
    consoleUrl: `http://127.0.0.1:${consolePort}`,
    readyMs: performance.now() - startedAtMs,
    stop: () => end(child),
  }
}

async function waitUntilListening(child: ChildProcess, name: string, outputFile: string) {
  const endsAtMs = performance.now() + startWithinMs
  while (child.exitCode === null && performance.now() < endsAtMs) {
    for (const line of readFileSync(outputFile, 'utf8').split('\n')) {
      const word = line.includes('"listening"') && listening.safeParse(JSON.parse(line)).data
      if (word) return word
    }
    await pause(lookEveryMs)
  }
  throw new Error(`${name} does not listen:\n${readFileSync(outputFile, 'utf8').slice(-2000)}`)
}

export function endWithThisProcess(child: ChildProcess) {
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  child.once('exit', () => process.off('exit', kill))
}

export async function end(child: ChildProcess) {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGTERM')
  await gone
}

/** @returns seconds that all cores together have worked for it; 0 for a process that is gone */
export function cpuSeconds({ pid, hasChildren = false }: Measured): number {
  try {
    const [, fields = ''] = /\) (.*)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? []
    // Its own in user and kernel mode, then those of children that have ended.
    const ticks = fields.split(' ').slice(11, hasChildren ? 15 : 13)
    const own = ticks.reduce((sum, each) => sum + Number(each), 0) / ticksPerSecond
    return hasChildren ? childrenOf(pid).reduce((sum, child) => sum + cpuSeconds({ pid: child }), own) : own
  } catch {
    return 0
  }
}

function childrenOf(pid: number): number[] {
  const listed = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
  return listed === '' ? [] : listed.split(' ').map(Number)
}

/** @returns a function to the share of the machine that its host has given to others since: what that did to us no ratio shows */
export function watchHost(): () => number {
  const first = readHost()
  return () => {
    const last = readHost()
    return (last.stolen - first.stolen) / (last.all - first.all || 1)
  }
}

function readHost() {
  const [, ...fields] = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0]?.split(/ +/) ?? []
  const [user = 0, nice = 0, system = 0, idle = 0, waiting = 0, hard = 0, soft = 0, stolen = 0] =
    fields.map(Number)
  return { stolen, all: user + nice + system + idle + waiting + hard + soft + stolen }
}

export function rssMb({ pid }: Measured): number {
  const [, kilobytes] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kilobytes) / 1024
}

/** @returns how much of one core each of them has used on average until `stop` */
export function watchCpu<Name extends string>(programs: Record<Name, Measured>) {
  const names = Object.keys(programs) as Name[]
  const look = () => ({ atMs: performance.now(), used: names.map((name) => cpuSeconds(programs[name])) })
  const first = look()
  let last = first
  // One that ends by itself is seen a last time shortly before.
  const timer = setInterval(() => {
    const next = look()
    if (next.used.every((seconds, index) => seconds >= (first.used[index] ?? 0))) last = next
  }, 50)
  return {
    stop(): Record<Name, number> {
      clearInterval(timer)
      const seconds = (last.atMs - first.atMs) / 1000 || 1
      const shares = names.map((name, index) => {
        const used = (last.used[index] ?? 0) - (first.used[index] ?? 0)
        return [name, Math.max(used, 0) / seconds] as const
      })
      return Object.fromEntries(shares) as Record<Name, number>
    },
  }
}
