import type { Config } from '../config/config.ts'
import type { Journal } from './journal.ts'
import type { JournalDeps } from './sqlite/access.ts'
import { createSqliteJournal, openSqliteJournal } from './sqlite/journal.ts'

/**
 * Opens the journal of the service.
 *
 * @throws StorageUnavailable if it cannot be opened
 * @throws JournalInUse if another process uses it
 * @throws JournalKeyMissing if it has rows that no given key opens
 */
export async function openJournal(config: Config['journal'], deps: JournalDeps): Promise<Journal> {
  return createSqliteJournal(config, deps)
}

/**
 * Opens the journal for an operator's command, beside a service that may be running.
 *
 * @throws StorageUnavailable if there is none, or it is damaged or of another version
 * @throws JournalKeyMissing if it has rows that no given key opens
 */
export async function openJournalBeside(config: Config['journal'], deps: JournalDeps): Promise<Journal> {
  return openSqliteJournal(config, deps)
}
