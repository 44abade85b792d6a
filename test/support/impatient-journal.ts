import { openJournal } from '../../src/journal/open.ts'
import { createMetrics } from '../../src/observability/metrics.ts'
import { postgresAt } from './both-databases.ts'
import { createTestParts, journalKeys, testSettings } from './test-journal.ts'

/** As in production. */
export const patienceMs = 2_000

/** The journal of a service, for tests of what it does when its database fails. @param url of the database, or a proxy */
export function openImpatient(url: string, { clock, log } = createTestParts()) {
  const postgres = { ...postgresAt(url), patienceMs }
  const settings = { ...testSettings, path: '', postgres, maxBytes: 1024 ** 3, keys: journalKeys.slice(0, 1) }
  return openJournal(settings, { clock, log, metrics: createMetrics() })
}
