import { readConfig } from '../../src/config.ts'
import type { Journal } from '../../src/journal/journal.ts'
import { createSqliteJournal } from '../../src/journal/sqlite.ts'
import { systemClock } from '../../src/observability/exchange.ts'
import { createLogger } from '../../src/observability/logger.ts'
import { createMetrics } from '../../src/observability/metrics.ts'

/** Looks into the journal of a service that runs on development keys; SQLite lets a second one read beside it. */
export async function readJournal<T>(
  { journalPath }: { journalPath: string },
  read: (journal: Journal) => Promise<T>,
): Promise<T> {
  const { journal: config } = readConfig({ JOURNAL_PATH: journalPath })
  const deps = { clock: systemClock, log: createLogger('silent'), metrics: createMetrics() }
  const journal = createSqliteJournal(config, deps)
  try {
    return await read(journal)
  } finally {
    await journal.close()
  }
}
