import { expect } from 'chai'
import { openReplica } from '../support/both-databases.ts'
import { runSql } from '../support/postgres-database.ts'
import { usePostgres } from '../support/postgres-for-tests.ts'
import { useRealSockets } from '../support/real-sockets.ts'
import { confirmed, couponDebit, sendNext } from '../support/redemption.ts'
import { createTestParts } from '../support/test-journal.ts'

describe('a replica, if a clock changes while a debit is under way,', () => {
  useRealSockets()
  const createDatabase = usePostgres()

  for (const jumpMs of [-60_000, 60_000])
    it(`records the database's time after its own has jumped (${jumpMs} ms)`, async () => {
      const { clock, log } = createTestParts()
      const journal = await openReplica(await createDatabase(), { clock, log })
      try {
        const begun = await journal.beginDebit(couponDebit, sendNext)
        if (begun.do !== 'send') return expect.fail()
        const { redemption: sent } = begun
        clock.jump(jumpMs)
        const event = { kind: 'debit_outcome', outcome: confirmed(), callId: sent.call?.id } as const
        const { redemption: taken } = await journal.record(sent, event)
        expect(taken!.confirmedAtMs! - sent.sentAtMs!).to.be.within(0, 5_000)
        await journal.markAnswered(taken!)
        const row = await journal.findRedemption(sent.id)
        expect(row!.answeredAtMs! - sent.sentAtMs!).to.be.within(0, 5_000)
      } finally {
        await journal.close()
      }
    })

  // Too little for a jump, but more than a write may be wrong that is sent alone with the time that the replica believes in.
  it("records the database's time after that was set ahead by two seconds", async () => {
    const url = await createDatabase()
    const journal = await openReplica(url)
    try {
      const begun = await journal.beginDebit(couponDebit, sendNext)
      if (begun.do !== 'send') return expect.fail()
      const { redemption: sent } = begun
      await runSql(
        url,
        `CREATE OR REPLACE FUNCTION now_ms() RETURNS bigint LANGUAGE sql VOLATILE
           AS 'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint + 2000'`,
      )
      const event = { kind: 'debit_outcome', outcome: confirmed(), callId: sent.call?.id } as const
      const { redemption: taken } = await journal.record(sent, event)
      expect(taken!.confirmedAtMs! - sent.sentAtMs!).to.be.within(2_000, 7_000)
    } finally {
      await journal.close()
    }
  })
})
