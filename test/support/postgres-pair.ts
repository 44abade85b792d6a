import { startCuttingProxy } from './cutting-proxy.ts'
import { startCluster } from './postgres-cluster.ts'
import { createDatabase, readSql, runSql } from './postgres-database.ts'

export type Pair = Awaited<ReturnType<typeof startPair>>

/**
 * A primary whose every COMMIT waits for a standby, and one address for whichever of both is the primary, as a service of
 * Kubernetes or a moved IP address is.
 * @throws PostgresMissing
 */
export async function startPair() {
  const primary = await startCluster({ durable: true })
  const standby = await startCluster({ durable: true, standbyOf: primary }).catch(async (error: unknown) => {
    await primary.stop()
    throw error
  })
  await runSql(primary.url, `ALTER SYSTEM SET synchronous_standby_names = 'standby'`)
  await runSql(primary.url, 'SELECT pg_reload_conf()')
  while (!(await isSynchronous(primary.url)));
  const database = new URL(await createDatabase(primary.url))
  const proxy = await startCuttingProxy(database.href)
  return {
    /** Of an empty database, wherever it is. */
    url: proxy.url,
    /** Kills the primary, promotes the standby, and moves the address. @returns once it leads to the new primary */
    async failOver() {
      await primary.kill9()
      await runSql(standby.url, 'SELECT pg_promote()')
      proxy.pointTo(Object.assign(new URL(standby.url), { pathname: database.pathname }).href)
    },
    async stop() {
      proxy.stop()
      await Promise.all([primary.stop(), standby.stop()])
    },
  }
}

async function isSynchronous(url: string): Promise<boolean> {
  const rows = await readSql(url, 'SELECT sync_state FROM pg_stat_replication')
  return rows.some(({ sync_state: state }) => state === 'sync')
}
