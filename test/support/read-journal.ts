import { readConfig } from '../../src/config/config.ts'
import type { Journal } from '../../src/journal/journal.ts'
import { openJournal, openJournalBeside } from '../../src/journal/open.ts'
import { systemClock } from '../../src/time/clock.ts'
import { createLogger } from '../../src/observability/logger.ts'
import { createMetrics } from '../../src/observability/metrics.ts'

/** Reads the journal of a running service with development keys, as an operator's command does. */
export const readJournal = withJournal(openJournalBeside)

/** Creates the journal of a service that does not run. */
export const makeJournal = withJournal(openJournal)

function withJournal(open: typeof openJournal) {
  return async <T>(
    { journalPath }: { journalPath: string },
    use: (journal: Journal) => Promise<T>,
  ): Promise<T> => {
    const { journal: config } = readConfig({ HOST: '127.0.0.1', JOURNAL_PATH: journalPath })
    const journal = await open(config, {
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
