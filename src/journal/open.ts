import type { Config } from '../config/config.ts'
import { StorageUnavailable } from '../model/refusal.ts'
import type { Logger } from '../observability/logger.ts'
import { JournalNotDurable, type Journal, type JournalDeps } from './journal.ts'
import { SchemaBehind, SchemaTooNew } from './postgres/failures.ts'
import type { PostgresConfig } from './postgres/pool.ts'
import type { Reader } from './reader.ts'
import { createSqliteJournal, openSqliteJournal } from './sqlite/journal.ts'
import { createFileReader } from './sqlite/reader.ts'

/**
 * Opens the journal of the service.
 *
 * @throws StorageUnavailable if it cannot be opened
 * @throws JournalInUse if another process uses it
 * @throws JournalKeyMissing if it has rows that no given key opens
 * @throws JournalNotDurable if its database may lose what it has committed. If the database is away now and this is found
 *   out later, new work is refused instead: replicas that serve must not all exit because of a failover
 */
export async function openJournal(config: Config['journal'], deps: JournalDeps): Promise<Journal> {
  if (!config.postgres) return createSqliteJournal(config, deps)
  const journal = await openPostgres(config, config.postgres, deps)
  const refusal = journal.durability()?.refusal
  if (refusal === undefined) return journal
  await journal.close()
  throw new JournalNotDurable(refusal)
}

/**
 * Opens the journal for an operator's command, beside a service that may be running.
 *
 * @throws StorageUnavailable if there is none, or it is damaged or of another version
 * @throws JournalKeyMissing if it has rows that no given key opens
 */
export async function openJournalBeside(config: Config['journal'], deps: JournalDeps): Promise<Journal> {
  return config.postgres ? await openPostgres(config, config.postgres, deps) : openSqliteJournal(config, deps)
}

/**
 * Opens a connection of its own for look-ups, beside the service or in it. Its schema must be there.
 *
 * @throws StorageUnavailable if there is no file
 */
export async function openJournalReader(
  { path, postgres }: Pick<Config['journal'], 'path' | 'postgres'>,
  log: Logger,
): Promise<Reader> {
  if (postgres) return (await import('./postgres/reader.ts')).createDatabaseReader(postgres, log)
  const reader = createFileReader(path)
  if (!reader) throw new StorageUnavailable(`there is no journal at ${path}`)
  return reader
}

/** A service with a file does without pg: 20 ms and 11 MB. */
async function openPostgres(config: Config['journal'], postgres: PostgresConfig, deps: JournalDeps) {
  const { createPostgresJournal } = await import('./postgres/journal.ts')
  const journal = createPostgresJournal(config, postgres, deps)
  await untilUsable(journal)
  return journal
}

/**
 * Uses the journal once, so that its health is known from the start. It opens without its database too, but not before
 * the schema is there: until then a rollout must not replace the replicas that serve.
 *
 * @throws StorageUnavailable if a later release has migrated the schema beyond what this one can use
 */
export async function untilUsable(journal: Journal): Promise<void> {
  for (;;)
    try {
      return void (await journal.stats())
    } catch (error) {
      if (error instanceof SchemaBehind) continue
      if (error instanceof StorageUnavailable && !(error instanceof SchemaTooNew)) return
      await journal.close()
      throw error
    }
}
