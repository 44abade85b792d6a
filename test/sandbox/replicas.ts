import { journalEnv } from '../support/journal-url.ts'
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

export type Replicas = Awaited<ReturnType<typeof startReplicas>>

/**
 * A real PostgreSQL, several adapters on it, and a round-robin in front of them.
 * @throws PostgresMissing, or Error if a part does not start
 */
export async function startReplicas({ count, env, logFileOf, onEnd }: Options) {
  const cluster = await startCluster({ durable: true })
  onEnd(cluster.stop)
  const journal = journalEnv(await cluster.createDatabase())
  let started = 0
  const start = async () => {
    const adapter = await startAdapterProcess({ ...env, ...journal }, { logFile: logFileOf(++started) })
    onEnd(adapter.stop)
    return adapter
  }
  const adapters = await Promise.all(Array.from({ length: count }, start))
  const roundRobin = await startRoundRobin(adapters.map(({ port }) => port))
  onEnd(roundRobin.close)
  return {
    adapters,
    /** One more on the same database. The round-robin does not know of it. */
    start,
    route: roundRobin.route,
    databaseUrl: journal.JOURNAL_URL,
    /** Where their journal is. */
    journalEnv: journal,
    url: roundRobin.url + new URL(adapters[0]!.url).pathname,
  }
}
