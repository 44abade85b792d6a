import { openReplica } from './both-databases.ts'
import { createTestParts } from './test-journal.ts'

/** As in production. */
export const patienceMs = 2_000

/** The journal of a service, for tests of what it does when its database fails. @param url of the database, or a proxy */
export function openImpatient(url: string, { clock, log } = createTestParts()) {
  return openReplica(url, { patienceMs, clock, log })
}
