import { expect } from 'chai'
import { forEachDatabase } from '../support/both-databases.ts'
import { confirmed, couponDebit, sendNext, settleDebit } from '../support/redemption.ts'
import { unreadMessage, type TestJournal } from '../support/test-journal.ts'

/** NUL, which PostgreSQL refuses in a text, and half an emoji, which cannot be stored either. */
const odd = 'odd \0 and \ud83d'

// What tills and the core send is read so that no such text gets this far. The journal has to work all the same.
forEachDatabase((openTestJournal) => {
  describe('a text that a database cannot store', () => {
    let test: TestJournal
    beforeEach(async () => (test = await openTestJournal()))
    afterEach(() => test.end())

    it('does not prevent a debit from being sent, found and settled', async () => {
      const intent = { ...couponDebit, key: odd, venue: odd, account: odd }
      const begun = await test.journal.beginDebit(intent, sendNext)
      if (begun.do !== 'send') throw new Error('was not sent')
      await settleDebit(test.journal, begun.redemption.id, confirmed())
      await test.journal.beginDebit(intent, ({ attempts }) => {
        expect(attempts).to.have.length(1)
        return { do: 'refuse', code: 'REFUSED' }
      })
    })

    it('does not keep a message out of the dead letters', async () => {
      await test.journal.keepDeadLetter({ ...unreadMessage('{', odd), reason: odd })
      expect(await test.journal.deadLetters()).to.have.length(1)
    })

    it('does not prevent a venue from being approved', async () => {
      const credentials = { venueId: odd, apiKey: odd, keyHash: 'hash', tenant: 'tenant' }
      const venue = { id: odd, coreId: 'venue-uuid', currency: odd }
      await test.journal.keepApproval(credentials, { venue, approvedAtMs: test.clock.nowMs() })
      expect(await test.journal.findApproval(credentials)).to.have.nested.property(
        'venue.coreId',
        'venue-uuid',
      )
    })

    it('is not found if it is an id', async () => {
      expect(await test.journal.findRedemption(odd)).to.equal(undefined)
      expect(await test.journal.lookUps.openDeadLetter(odd)).to.equal(undefined)
    })
  })
})
