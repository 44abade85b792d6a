import { expect } from 'chai'
import { StorageUnavailable } from '../../src/model/refusal.ts'
import { openReplica } from '../support/both-databases.ts'
import { startCuttingProxy } from '../support/cutting-proxy.ts'
import { runSql } from '../support/postgres-database.ts'
import { usePostgres } from '../support/postgres-for-tests.ts'
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
