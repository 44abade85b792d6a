import { readConfig } from '../../src/config.ts'
import type { Journal } from '../../src/journal/journal.ts'
import { createSqliteJournal, openSqliteJournal } from '../../src/journal/sqlite.ts'
import { systemClock } from '../../src/observability/exchange.ts'
import { createLogger } from '../../src/observability/logger.ts'
import { createMetrics } from '../../src/observability/metrics.ts'

/** Looks into the journal of a service that runs on development keys, as an operator's command does beside it. */
export const readJournal = withJournal(openSqliteJournal)

/** Makes the journal of a service that does not run. */
export const makeJournal = withJournal(createSqliteJournal)

function withJournal(open: typeof createSqliteJournal) {
  return async <T>(
    { journalPath }: { journalPath: string },
    use: (journal: Journal) => Promise<T>,
  ): Promise<T> => {
    const { journal: config } = readConfig({ HOST: '127.0.0.1', JOURNAL_PATH: journalPath })
    const journal = open(config, {
      clock: systemClock,
      log: createLogger('silent'),
      metrics: createMetrics(),
    })
    try {
      return await use(journal)
    } finally {
      await journal.close()
    }
  }
}
