import { expect } from 'chai'
import type { Journal } from '../../src/journal/journal.ts'
import { createReplica } from '../support/both-databases.ts'
import { startCountingProxy } from '../support/counting-proxy.ts'
import { startCuttingProxy } from '../support/cutting-proxy.ts'
import { splitPassword } from '../support/journal-url.ts'
import { startCluster, type Cluster } from '../support/postgres-cluster.ts'
import { readSql } from '../support/postgres-database.ts'
import { useOwnCluster, usePostgres } from '../support/postgres-for-tests.ts'
import { useRealSockets } from '../support/real-sockets.ts'

const listen = /^LISTEN/
/** The server has three seconds for an answer, and one to close the connection. */
const closedWithinMs = 5_000

describe('a connection that listens to other replicas', () => {
  useRealSockets()
  const primary = useOwnCluster()
  const ends: (() => void)[] = []
  afterEach(() => ends.splice(0).forEach((end) => end()))

  function beginListening(url: string, listenUrl: string) {
    const journal = createReplica(url, { settings: { listenUrl: splitPassword(listenUrl).url } })
    // Told once it listens, since notices may have been missed.
    const listening = new Promise((resolve) => journal.sharedNotices!.listen('balance', resolve))
    return { journal, listening }
  }

  describe('at a standby, which refuses that,', () => {
    let standby: Cluster | undefined
    before(async function () {
      this.timeout(60_000)
      standby = await startCluster({ standbyOf: primary() })
    })
    after(() => standby?.stop())

    // One more stayed open each second, for as long as the process lived.
    it('is closed before another is opened, and once the journal is closed', async () => {
      const proxy = await startCountingProxy(standby!.url)
      ends.push(proxy.stop)
      const { journal } = beginListening(primary().url, proxy.url)
      await proxy.whenAsked(listen, 3)
      expect(proxy.connections.size).to.equal(1)
      await journal.close()
      while (proxy.connections.size > 0) await new Promise(setImmediate)
    })
  })

  it('does not hold up a close if the server falls silent when it is asked', async () => {
    const proxy = await startCuttingProxy(primary().url)
    ends.push(proxy.stop)
    const silent = proxy.onNext(listen, 'before', 'swallow')
    const { journal } = beginListening(primary().url, proxy.url)
    await silent
    await closeInTime(journal)
  })

  it('does not hold up a close if the server falls silent later', async () => {
    const { url } = primary()
    const { journal, listening } = beginListening(url, url)
    await listening
    const [session] = await readSql(url, `SELECT pid FROM pg_stat_activity WHERE query LIKE 'LISTEN%'`)
    // A process that is stopped does not see that its client has gone.
    process.kill(Number(session?.pid), 'SIGSTOP')
    try {
      await closeInTime(journal)
    } finally {
      process.kill(Number(session?.pid), 'SIGCONT')
    }
  })
})

async function closeInTime(journal: Journal) {
  const startedMs = performance.now()
  await journal.close()
  expect(performance.now() - startedMs).to.be.below(closedWithinMs)
}

describe('a connection to the database whose password cannot be read', () => {
  useRealSockets()
  const makeDatabase = usePostgres()

  // Each try left one open until the server gave it up, after a minute: soon no replica found a free one.
  it('is closed at once', async () => {
    const proxy = await startCountingProxy(await makeDatabase())
    const journal = createReplica(proxy.url, { patienceMs: 500, settings: { passwordFile: '/nowhere' } })
    const failure = await journal.stats().catch((error: unknown) => error)
    expect(String(failure)).to.include('ENOENT')
    while (proxy.connections.size > 0) await new Promise(setImmediate)
    await journal.close()
    proxy.stop()
  })
})
