import { spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { processEnv } from './process-env.ts'

const logLine = z.looseObject({ msg: z.string() })
const listening = z.looseObject({
  port: z.number(),
  managementPort: z.number(),
  consolePort: z.number().optional(),
})

export type LogLine = z.output<typeof logLine>
export type Exit = { code: number | null; signal: NodeJS.Signals | null }
export type AdapterProcess = Awaited<ReturnType<typeof startAdapterProcess>>

/**
 * The service as it runs in production: `node src/main.ts` in a process of its own, on free ports of 127.0.0.1.
 * @param env CORE_BASE_URL and JOURNAL_PATH are needed; the rest has defaults
 * @param options.logFile gets every line of stdout and stderr
 * @throws Error with the last lines, if it ends before it listens
 */
export async function startAdapterProcess(
  env: Record<string, string>,
  { logFile }: { logFile?: string } = {},
) {
  const child = spawnAdapter(env)
  const log = collectLines(child.stdout, child.stderr, logFile)

  const killWithParent = () => child.kill('SIGKILL')
  process.once('exit', killWithParent)
  const exited = new Promise<Exit>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => {
      process.off('exit', killWithParent)
      log.close()
      resolve({ code, signal })
    })
  })
  const end = (signal: NodeJS.Signals) => {
    child.kill(signal)
    return exited
  }

  const started = await Promise.race([
    log.line(({ msg }) => msg === 'listening'),
    exited.then(() => undefined),
  ])
  if (!started) throw new Error(`the adapter ended before it listened:\n${log.lastText.join('\n')}`)
  const { port, managementPort, consolePort } = listening.parse(started)

  return {
    /** With the base path: what a till is given. */
    url: `http://127.0.0.1:${port}${env.BASE_PATH ?? '/zonal/v1'}`,
    managementUrl: `http://127.0.0.1:${managementPort}`,
    /** Undefined unless CONSOLE_PORT is in the environment. */
    consoleUrl: consolePort === undefined ? undefined : `http://127.0.0.1:${consolePort}`,
    port,
    managementPort,
    pid: child.pid,
    /** Log lines so far. */
    lines: log.lines,
    /** @returns the first log line, past or to come, that fits */
    line: log.line,
    exited,
    /** @returns once it has ended by itself after SIGTERM */
    stop: () => end('SIGTERM'),
    kill9: () => end('SIGKILL'),
  }
}

function spawnAdapter(env: Record<string, string>) {
  return spawn(process.execPath, [fileURLToPath(new URL('../../src/main.ts', import.meta.url))], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...processEnv(),
      HOST: '127.0.0.1',
      PORT: '0',
      MANAGEMENT_PORT: '0',
      DRAIN_DELAY_MS: '0',
      ...env,
    },
  })
}

function collectLines(stdout: NodeJS.ReadableStream, stderr: NodeJS.ReadableStream, logFile?: string) {
  const lastText: string[] = []
  const lines: LogLine[] = []
  const waiting = new Set<(line: LogLine) => void>()
  const file = logFile === undefined ? undefined : createWriteStream(logFile, { flags: 'a' })

  for (const stream of [stdout, stderr])
    createInterface(stream).on('line', (raw) => {
      if (lastText.push(raw) > 20) lastText.shift()
      file?.write(`${raw}\n`)
      const line = parse(raw)
      if (!line) return
      lines.push(line)
      for (const look of waiting) look(line)
    })

  const line = (fits: (line: LogLine) => boolean) =>
    new Promise<LogLine>((resolve) => {
      const past = lines.find(fits)
      if (past) return resolve(past)
      const look = (line: LogLine) => {
        if (!fits(line)) return
        waiting.delete(look)
        resolve(line)
      }
      waiting.add(look)
    })
  return { lastText, lines, line, close: () => file?.end() }
}

function parse(raw: string): LogLine | undefined {
  try {
    return logLine.safeParse(JSON.parse(raw)).data
  } catch {
    return undefined
  }
}
