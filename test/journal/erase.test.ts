import { expect } from 'chai'
import { redemptionId } from '../../src/model/keys.ts'
import { decideDebit } from '../../src/redemptions/decide-debit.ts'
import type { CreditIntent, DebitIntent } from '../../src/redemptions/redemption.ts'
import { forEachDatabase } from '../support/both-databases.ts'
import { couponDebit, settleDebit, venueAndCard } from '../support/redemption.ts'
import type { TestJournal } from '../support/test-journal.ts'

const { key } = couponDebit
const dayMs = 24 * 60 * 60 * 1000
const otherCard: DebitIntent = { ...couponDebit, cardHash: 'other-card', cardMasked: '*0002' }

forEachDatabase((openTestJournal) => {
  // The attempt after those that were found had the id of the erased one: SQLite answered with an error, and PostgreSQL
  // tried until the whole journal was taken for unavailable.
  describe('a transaction id whose latest debit was erased', () => {
    let test: TestJournal
    beforeEach(async () => (test = await openTestJournal()))
    afterEach(() => test.end())

    const debit = async (intent: DebitIntent) => {
      const begun = await test.journal.beginDebit(intent, (rows, nowMs) => decideDebit(rows, intent, nowMs))
      if (begun.do !== 'send') throw new Error('was not sent')
      return begun.redemption
    }
    /** Each on a day of its own. */
    const refuseDebits = async (...intents: DebitIntent[]) => {
      for (const intent of intents) {
        const { id } = await debit(intent)
        await settleDebit(test.journal, id, { kind: 'refused', code: 'REFUSED' })
        test.clock.pass(2 * dayMs)
      }
    }
    const erase = async () =>
      expect(await test.journal.eraseCard('card')).to.have.deep.property('refusals', [])

    it('can be debited again, under a reference that the core has never seen', async () => {
      await refuseDebits(otherCard, couponDebit, couponDebit)
      await erase()
      expect(await debit(otherCard)).to.include({ key, attempt: 4, id: redemptionId(key, 4) })
      expect(test.journal.trouble()).to.equal(undefined)
    })

    it('can be debited again if all its debits were erased', async () => {
      await refuseDebits(couponDebit, couponDebit)
      await erase()
      expect(await debit(couponDebit)).to.include({ key, attempt: 3, id: redemptionId(key, 3) })
    })

    it('can be named by a credit of a redemption that the journal does not have: the core is asked about that', async () => {
      await refuseDebits(otherCard, couponDebit)
      await erase()
      const reference = '00000000-0000-4000-8000-000000000000'
      const { what } = couponDebit
      const intent: CreditIntent = {
        ...{ ...venueAndCard, cardHash: 'other-card', creditKey: undefined },
        ...{ redemptionId: reference, debitKey: key, account: undefined, what },
      }
      const adopt = { do: 'adopt', key, reference, code: 'NOTHING_TO_GIVE_BACK' } as const
      const begun = await test.journal.beginCredit(intent, () => adopt)
      expect(begun).to.have.property('do', 'send')
      expect(begun).to.have.property('redemption').that.includes({ key, attempt: 3, id: reference })
    })

    it('can be refused by a tombstone if it comes late again', async () => {
      await refuseDebits(otherCard, couponDebit)
      await erase()
      const tombstone = {
        ...({ do: 'leaveTombstone', key, reference: redemptionId(key, 1), forMs: dayMs } as const),
        code: 'NOTHING_TO_GIVE_BACK',
      } as const
      const intent = { ...venueAndCard, creditKey: undefined, redemptionId: undefined, debitKey: undefined }
      await test.journal.beginCredit({ ...intent, account: 'A-1', what: couponDebit.what }, () => tombstone)
      expect(await test.journal.findRedemption(redemptionId(key, 3))).to.include({ state: 'reversed' })
    })
  })
})
