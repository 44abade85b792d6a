import { JournalInUse, JournalKeyMissing, JournalNotDurable } from './journal/journal.ts'
import { readFileSync } from 'node:fs'
import { ConfigInvalid, readConfig, summarize, type Config } from './config/config.ts'
import { createLogger, describeError, type Logger } from './observability/logger.ts'
import { createService, type Service } from './service.ts'

/** sysexits.h: the configuration has to be corrected before another start can work. */
const exitConfig = 78
const needsConfig = [ConfigInvalid, JournalKeyMissing, JournalInUse, JournalNotDurable]

async function main() {
  const config = readConfig(process.env)
  const log = createLogger(config.log.level)
  // Node would print the whole error, and the errors of libraries hold headers.
  process.on('uncaughtException', (error) => {
    log.fatal({ error: describeError(error) }, 'ended by an uncaught error')
    process.exit(1)
  })
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  log.info({ version, config: summarize(config) }, 'starting')
  if (config.isDevelopmentKey.journal || config.isDevelopmentKey.cardHash)
    log.warn(
      config.isDevelopmentKey,
      'a development key is in use; production needs JOURNAL_KEY and CARD_HASH_KEY',
    )

  // Before the journal is opened, which takes a while if it is large. Process 1 of a container does not get a signal that
  // arrives before it listens for it.
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => stop(signal, opening, config, log))
  const opening = createService(config, { log, version })
  const service = await opening
  const ports = await service.start()
  if (!ports) return
  log.info(ports, 'listening')
  // For whoever waits for this line.
  log.flush()
}

function stop(signal: string, opening: Promise<Service>, config: Config, log: Logger) {
  log.info({ signal }, 'stopping')
  setTimeout(() => {
    log.error('the stop took too long and was forced')
    process.exit(1)
  }, config.server.shutdownTimeoutMs).unref()
  opening
    .then((service) => service.stop())
    .then(
      () => log.info('stopped'),
      (error: unknown) => {
        log.error({ error: describeError(error) }, 'the stop failed')
        process.exit(1)
      },
    )
}

main().catch((error: unknown) => {
  process.exitCode = needsConfig.some((kind) => error instanceof kind) ? exitConfig : 1
  const { name, message } = error instanceof Error ? error : { name: 'Error', message: 'unknown' }
  // What listens already would keep the process alive.
  process.stderr.write(`${name}: ${message}\n`, () => process.exit())
})
