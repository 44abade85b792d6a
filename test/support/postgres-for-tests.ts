import { markPending } from './mark-pending.ts'
import { startCluster, type Cluster } from './postgres-cluster.ts'
import { createDatabase, dropDatabase } from './postgres-database.ts'
import { findPrograms, PostgresMissing } from './postgres-programs.ts'
import { useOwn } from './use-own.ts'

/** A start takes less than a second on an idle machine. */
const startTimeoutMs = 60_000

let missing: Promise<string | undefined> | undefined
let shared: Promise<Cluster> | undefined

/**
 * A real PostgreSQL for a suite: the server of JOURNAL_TEST_URL, else one that all suites of this process share and that
 * ends with it. The first suite that needs it starts it. In a parallel run each worker has its own: that costs 0.6 s
 * and 30 to 100 MB, but workers need no lock, and one that dies takes no other's server away. Without PostgreSQL the
 * suite is pending, or fails if REQUIRE_POSTGRES=1.
 *
 * While nock is active, it also stands between pg and its sockets: a suite that breaks connections needs
 * `useRealSockets`.
 * @returns to be called in a test: makes a database, as `createDatabase` does. All of them are dropped after the suite
 */
export function usePostgres(): (template?: string) => Promise<string> {
  let server: string | undefined
  const databases: string[] = []
  before(async function () {
    this.timeout(startTimeoutMs)
    server = process.env.JOURNAL_TEST_URL
    if (server) return
    await pendingWithoutPostgres(this)
    shared ??= startCluster()
    const cluster = await shared
    cluster.unref()
    server = cluster.url
  })
  after(async () => {
    for (const url of databases) if (server) await dropDatabase(server, url)
  })
  return async (template) => {
    if (!server) throw new Error('PostgreSQL can only be used in a test')
    const url = await createDatabase(server, template)
    databases.push(url)
    return url
  }
}

/**
 * A server that a suite may kill. Pending or failing as `usePostgres`, whatever JOURNAL_TEST_URL is.
 * @returns to be called in a test: the server
 */
export function useOwnCluster(options?: Parameters<typeof startCluster>[0]): () => Cluster {
  return useOwn({
    what: 'PostgreSQL',
    startTimeoutMs,
    pendingWithout: pendingWithoutPostgres,
    start: () => startCluster(options),
  })
}

/** For a test that starts a server by itself: pending without PostgreSQL, or failing if REQUIRE_POSTGRES=1. */
export async function pendingWithoutPostgres(context: Mocha.Context) {
  missing ??= findMissing()
  const reason = await missing
  if (reason !== undefined) markPending(context, reason, 'REQUIRE_POSTGRES')
}

async function findMissing(): Promise<string | undefined> {
  try {
    await findPrograms()
    return undefined
  } catch (error) {
    if (error instanceof PostgresMissing) return error.message
    throw error
  }
}
