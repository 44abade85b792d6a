import { expect } from 'chai'
import { StorageUnavailable } from '../../src/model/refusal.ts'
import type { Journal } from '../../src/journal/journal.ts'
import { openReplica } from '../support/both-databases.ts'
import { startCuttingProxy } from '../support/cutting-proxy.ts'
import { runSql } from '../support/postgres-database.ts'
import { useOwnCluster, usePostgres } from '../support/postgres-for-tests.ts'
import { useRealSockets } from '../support/real-sockets.ts'
import { confirmed, couponDebit, dueUndo, sendNext, settleDebit } from '../support/redemption.ts'

describe('a replica after an outage of the database', () => {
  useRealSockets()
  const makeDatabase = usePostgres()

  // OKs had left while nobody could write that down. The undo of another replica came first, and gave the reward back
  // although the guest had it.
  it('leaves what is confirmed to be marked, and begins no undo of it for a while', async () => {
    const url = await makeDatabase()
    const proxy = await startCuttingProxy(url)
    const journal = await openReplica(proxy.url, { patienceMs: 5_000 })
    const another = await openReplica(url)
    try {
      const begun = await journal.beginDebit(couponDebit, sendNext)
      if (begun.do !== 'send') return expect.fail()
      const { id } = begun.redemption
      await settleDebit(journal, id, confirmed())
      // Its OK has had its ten seconds.
      await runSql(url, 'UPDATE redemptions SET due_at = due_at - 20000')
      proxy.refuse()
      proxy.cut()
      const failure = await journal.stats().catch((error: unknown) => error)
      expect(failure).to.be.instanceOf(StorageUnavailable)
      await proxy.heal()
      expect(await journal.beginUndo(dueUndo(id))).to.equal(undefined)
      expect(await another.beginUndo(dueUndo(id)), 'which had no outage').not.to.equal(undefined)
    } finally {
      await Promise.all([journal.close(), another.close()])
      proxy.stop()
    }
  })
})

describe('after a restart of the database', () => {
  useRealSockets()
  const cluster = useOwnCluster({ settings: { synchronous_commit: 'on' } })

  // It knew of no outage, so it gave the reward back before the replica that had sent the OK could write that down.
  it('no replica undoes what is confirmed for ten seconds, whether it asked meanwhile or not, or has just started', async () => {
    const url = await cluster().createDatabase()
    const quiet = await openReplica(url)
    const replicas: Journal[] = [quiet]
    try {
      const begun = await quiet.beginDebit(couponDebit, sendNext)
      if (begun.do !== 'send') return expect.fail()
      const { id } = begun.redemption
      await settleDebit(quiet, id, confirmed())
      // Its OK has had its ten seconds.
      await runSql(url, 'UPDATE redemptions SET due_at = due_at - 20000')
      await cluster().restart()
      expect(await quiet.beginUndo(dueUndo(id)), 'which asked nothing meanwhile').to.equal(undefined)
      const fresh = await openReplica(url)
      replicas.push(fresh)
      expect(await fresh.beginUndo(dueUndo(id)), 'which has just started').to.equal(undefined)
      await runSql(url, 'UPDATE clock SET served_from_ms = served_from_ms - 10000')
      expect(await fresh.beginUndo(dueUndo(id)), 'ten seconds later').not.to.equal(undefined)
    } finally {
      await Promise.all(replicas.map((journal) => journal.close()))
    }
  })
})
