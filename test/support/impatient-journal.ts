import { openReplica } from './both-databases.ts'
import { createLogger, type Logger } from '../../src/observability/logger.ts'
import { systemClock, type Clock } from '../../src/time/clock.ts'

/** As in production. */
export const patienceMs = 2_000

/**
 * The journal of a service, for tests of what it does when its database fails.
 * @param url of the database, or a proxy to it
 * @param parts `clock`: the one that the database has
 */
export function openImpatient(
  url: string,
  { clock = systemClock, log = createLogger('silent') }: { clock?: Clock; log?: Logger } = {},
) {
  return openReplica(url, { patienceMs, clock, log })
}
