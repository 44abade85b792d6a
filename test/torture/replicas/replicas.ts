import pg from 'pg'
import { getTypeParser } from '../../../src/journal/postgres/pool.ts'
import type { RateLimit } from '../../simulators/core/rate-limit.ts'
import { loseBroker, loseCore, spoilAnswers } from '../chaos.ts'
import type { Sql } from '../settle.ts'
import type { Surroundings, Tortured } from '../tortured.ts'
import { isUnnoted } from '../unnoted.ts'
import { breakConnections } from './connections.ts'
import { loseDatabase } from './database.ts'
import { startFleet } from './fleet.ts'
import { endReplicas, freezeReplicas, restartAll } from './processes.ts'

/** So low that it is used up now and then. As with TRIFFT, two more than the service allows itself. */
export const coreLimit: RateLimit = { requests: 62, windowMs: 10_000, blockMs: 3_000, scope: 'all' }

/** Several replicas on one PostgreSQL, behind a round-robin. */
export async function startReplicas(
  count: number,
  { env, folder, seconds, core, kafka, topic }: Surroundings,
): Promise<Tortured> {
  const limited = { ...env, CORE_RATE_LIMIT: String(coreLimit.requests - 2) }
  const fleet = await startFleet({ count, env: limited, folder })
  const { replicas } = fleet
  return {
    replicas: count,
    target: fleet.target,
    managementUrls: replicas.map(({ service }) => service.managementUrl),
    troubles: [
      endReplicas(fleet),
      freezeReplicas(fleet, seconds),
      restartAll(fleet, seconds),
      loseDatabase(fleet),
      breakConnections(fleet),
      loseBroker(kafka, topic),
      // So few that the breakers are closed most of the time.
      spoilAnswers(core, 1_500),
      loseCore(core),
    ],
    isUnnoted(ok) {
      const { service, blackouts } = replicas[ok.replica]!
      return isUnnoted(ok, { ...service, blackouts })
    },
    sql: sqlOf(fleet.databaseUrl),
    stop: () => Promise.all(replicas.map(({ service }) => service.stop())),
    start: () => Promise.all(replicas.map(({ service }) => service.start())),
    end: fleet.end,
  }
}

/** On a connection of its own, beside all proxies. */
function sqlOf(databaseUrl: string): Sql {
  return async (statement) => {
    const client = new pg.Client({ connectionString: databaseUrl, types: { getTypeParser } })
    client.on('error', () => undefined)
    await client.connect()
    try {
      return (await client.query<Record<string, unknown>>(statement)).rows
    } finally {
      await client.end()
    }
  }
}
