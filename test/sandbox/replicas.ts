import { postgresAt } from '../support/both-databases.ts'
import { startCluster } from '../support/postgres-cluster.ts'
import { startAdapterProcess } from '../support/adapter-process.ts'
import { startRoundRobin } from './round-robin.ts'

type Options = {
  count: number
  env: Record<string, string>
  logFileOf: (replica: number) => string
  /** Gets how to end each part, as soon as that is there. */
  onEnd: (end: () => Promise<unknown>) => void
}

/**
 * A real PostgreSQL, several adapters on it, and a round-robin in front of them.
 * @throws PostgresMissing, or Error if a part does not start
 */
export async function startReplicas({ count, env, logFileOf, onEnd }: Options) {
  const cluster = await startCluster({ durable: true })
  onEnd(cluster.stop)
  const { url: databaseUrl, password } = postgresAt(await cluster.createDatabase())
  const replicaEnv = {
    ...env,
    JOURNAL_URL: databaseUrl,
    JOURNAL_PASSWORD: password,
    JOURNAL_TLS: 'off',
  }
  const adapters = await Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const adapter = await startAdapterProcess(replicaEnv, { logFile: logFileOf(index + 1) })
      onEnd(adapter.stop)
      return adapter
    }),
  )
  const roundRobin = await startRoundRobin(adapters.map(({ port }) => port))
  onEnd(roundRobin.close)
  return { adapters, databaseUrl, url: roundRobin.url + new URL(adapters[0]!.url).pathname }
}
