import { expect } from 'chai'
import { openOnPostgres } from '../support/both-databases.ts'
import { usePostgres } from '../support/postgres-for-tests.ts'
import { couponDebit, sendNext, settleDebit } from '../support/redemption.ts'
import { createTestParts, journalKeys, unreadMessage, type TestJournal } from '../support/test-journal.ts'
import { closedBill } from '../tickets/closed-bill.ts'

const [oldKey, newKey] = journalKeys as [string, string]

/** What replicas have while each of the two rollouts is under way. */
const rollouts = {
  'the first of two rollouts, which puts the new key second': [[oldKey], [oldKey, newKey]],
  'the second rollout, which puts the new key first': [
    [oldKey, newKey],
    [newKey, oldKey],
  ],
}

for (const [rollout, keys] of Object.entries(rollouts))
  describe(`replicas during ${rollout},`, () => {
    const makeDatabase = usePostgres()
    let replicas: TestJournal[]
    beforeEach(async () => {
      const [url, parts] = [await makeDatabase(), createTestParts()]
      replicas = []
      for (const held of keys) {
        const replica = await openOnPostgres(url, { parts })
        await replica.reopen(held)
        replicas.push(replica)
      }
    })
    afterEach(async () => {
      for (const replica of replicas) await replica.end()
    })

    it('open what either has sealed', async () => {
      for (const [name, { journal }] of replicas.entries()) {
        const what = { kind: 'coupon', rewardId: `uc-CARD000${name}`, standIn: `id-${name}` } as const
        const intent = { ...couponDebit, key: `T-${name}`, cardHash: `card-${name}`, what }
        const begun = await journal.beginDebit(intent, sendNext)
        if (begun.do !== 'send') return expect.fail()
        await settleDebit(journal, begun.redemption.id, { kind: 'unknown' })
        const ticket = closedBill({ eventId: `e-${name}` })
        await journal.acceptTicket({ ...ticket, fingerprint: 'f', formerFingerprint: () => 'g' })
        await journal.keepDeadLetter(unreadMessage(`text ${name}`))
      }
      for (const { journal, clock } of replicas) {
        clock.pass(60_000)
        const due = await journal.dueUndos(9)
        expect(due).to.have.length(2)
        for (const row of due) expect((await journal.beginUndo(row))?.secret).to.have.property('cardNumber')
        expect(await journal.waitingTickets(9)).to.have.length(2)
        for (const { id } of await journal.deadLetters())
          expect(await journal.lookUps.openDeadLetter(id)).to.have.property('message')
        await journal.tidy()
        expect(journal.trouble()).to.equal(undefined)
      }
    })
  })
