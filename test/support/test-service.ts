import { EventEmitter } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readConfig } from '../../src/config/config.ts'
import { createLogger } from '../../src/observability/logger.ts'
import { createService } from '../../src/service.ts'
import type { Dialect } from '../../src/zonal/dialect.ts'
import type { ManualClock } from './manual-clock.ts'

export type LogLine = Record<string, unknown> & { msg: string }
export type TestService = Awaited<ReturnType<typeof startTestService>>

/** A host that only nock answers. */
export const mockedCore = 'https://core.test'

/**
 * The real service on free ports of 127.0.0.1, with a journal in a folder of its own; its log lines are kept.
 * @param env as for `npm start`; unless it says otherwise the core is one that only nock answers, without a limit
 * @param options `clock`: instead of the system's clock and timers; `dialects`: instead of the registered ones
 */
export async function startTestService(
  env: Record<string, string> = {},
  { clock, dialects }: { clock?: ManualClock; dialects?: readonly Dialect[] } = {},
) {
  const folder = mkdtempSync(join(tmpdir(), 'adapter-test-'))
  const journalPath = join(folder, 'journal.sqlite')
  const rawLines: string[] = []
  const arrivals = new EventEmitter<{ line: [LogLine] }>()
  const log = createLogger(env.LOG_LEVEL ?? 'debug', {
    write(line: string) {
      rawLines.push(line)
      arrivals.emit('line', JSON.parse(line) as LogLine)
    },
  })
  const lines = (): LogLine[] => rawLines.map((line) => JSON.parse(line) as LogLine)
  const config = readConfig({
    HOST: '127.0.0.1',
    PORT: '0',
    MANAGEMENT_PORT: '0',
    JOURNAL_PATH: journalPath,
    CORE_BASE_URL: `${mockedCore}/v1`,
    CORE_RATE_LIMIT: '0',
    ...env,
  })
  const service = await createService(config, { log, version: '0.0.0-test', clock, timers: clock, dialects })
  const ports = await service.start()
  if (!ports) throw new Error('the service was stopped while it started')
  const { port, managementPort, consolePort } = ports

  return {
    url: `http://127.0.0.1:${port}${config.zonal.basePath}`,
    origin: `http://127.0.0.1:${port}`,
    port,
    managementUrl: `http://127.0.0.1:${managementPort}`,
    /** Undefined unless CONSOLE_PORT is in the environment. */
    consoleUrl: consolePort === undefined ? undefined : `http://127.0.0.1:${consolePort}`,
    folder,
    journalPath,
    rawLines,
    lines,
    /** @returns the first line, past or to come, that fits */
    line: (fits: (line: LogLine) => boolean) =>
      new Promise<LogLine>((resolve) => {
        const past = lines().find(fits)
        if (past) return resolve(past)
        arrivals.on('line', function look(line) {
          if (!fits(line)) return
          arrivals.off('line', look)
          resolve(line)
        })
      }),
    stop: () => service.stop(),
    async end() {
      await service.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
