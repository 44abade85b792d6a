import type { CardBill, DebitIntent } from '../../src/redemptions/redemption.ts'
import { expect } from 'chai'
import { couponsOf } from '../support/coupons-of.ts'
import { confirmed, sendNext, settleDebit, settleUndo } from '../support/redemption.ts'
import { forEachSchema } from '../support/both-databases.ts'
import { type TestJournal } from '../support/test-journal.ts'

const ofCard = { venue: 'venue-uuid', cardHash: 'hash-of-card' }
const bill = { ...ofCard, account: 'A-1' }

forEachSchema((openTestJournal) => {
  describe('the coupons that go out with a ticket', () => {
    let test: TestJournal
    beforeEach(async () => (test = await openTestJournal()))
    afterEach(() => test.end())

    const redeem = async (rewardId: string, more: Partial<DebitIntent> = {}) => {
      const intent: DebitIntent = {
        ...bill,
        venueId: '1902',
        tenant: 'tenant-of-project',
        cardMasked: '*0001',
        secret: { cardNumber: 'CARD0001', apiKey: 'key-of-the-project' },
        key: `T-${rewardId}`,
        hasTransactionId: true,
        what: { kind: 'coupon', rewardId },
        ...more,
      }
      const begun = await test.journal.beginDebit(intent, sendNext)
      if (begun.do !== 'send') throw new Error('was not sent')
      await settleDebit(test.journal, begun.redemption.id, confirmed())
      await test.journal.markAnswered(begun.redemption.id)
      return begun.redemption.id
    }
    const close = (ticketKey: string, more: Partial<CardBill> = {}) =>
      couponsOf(test.journal, { ...bill, ticketKey, ...more })

    it('are those that its card took on its bill while it was open', async () => {
      await redeem('uc-1')
      await redeem('uc-of-another-table', { account: 'A-2' })
      await redeem('uc-of-another-card', { cardHash: 'hash-of-another' })
      await redeem('uc-of-another-venue', { venue: 'another-venue' })
      test.clock.pass(10)
      await redeem('uc-later')
      expect(await close('B-1', { toMs: test.clock.nowMs() - 1 })).to.deep.equal(['uc-1'])
    })

    it('are only on the first part of a split bill, and again when that is reopened, even after a restart', async () => {
      await redeem('uc-1')
      expect(await close('B-1')).to.deep.equal(['uc-1'])
      expect(await close('B-2')).to.deep.equal([])
      await test.reopen()
      expect(await close('B-3')).to.deep.equal([])
      expect(await close('B-1')).to.deep.equal(['uc-1'])
    })

    it('are free for another ticket once the first is void', async () => {
      await redeem('uc-1')
      await close('B-1')
      expect(await close('B-1', { kind: 'void' })).to.deep.equal(['uc-1'])
      expect(await close('B-2')).to.deep.equal(['uc-1'])
      expect(await close('B-1')).to.deep.equal([])
    })

    it('include those that a ticket names, even from another table, unless of another card or not confirmed', async () => {
      const moved = await redeem('uc-1', { account: 'A-9' })
      const others = await redeem('uc-2', { cardHash: 'hash-of-another' })
      const named = [moved, others, 'nobody-knows'].map((redemptionId) => ({ redemptionId }))
      expect(await close('B-1', { named })).to.deep.equal(['uc-1'])
      expect(await close('B-2', { named })).to.deep.equal([])
    })

    const giveBack = async (id: string) => {
      const credit = {
        ...bill,
        venueId: '1902',
        tenant: 'tenant-of-project',
        cardMasked: '*0001',
        creditKey: undefined,
        redemptionId: id,
      }
      await test.journal.beginCredit(
        {
          ...credit,
          debitKey: undefined,
          what: undefined,
          secret: { cardNumber: 'CARD0001', apiKey: 'key-of-the-project' },
        },
        ({ debits: [debit] }) => ({ do: 'send', redemption: debit! }),
      )
      await settleUndo(test.journal, id, { kind: 'given_back', moved: {} })
    }

    it('do not include what was given back before it closed, by whichever of its names', async () => {
      const redemptionId = await redeem('uc-1')
      await giveBack(redemptionId)
      for (const named of [{ redemptionId }, { rewardId: 'uc-1' }, { redemptionId, rewardId: 'uc-1' }])
        expect(await close('B-1', { named: [named] })).to.deep.equal([])
    })

    it('do not include a reward that was given back if its id contains a card number', async () => {
      const what = { kind: 'coupon', rewardId: 'uc-CARD0001', standIn: 'id-of-the-coupon' } as const
      await giveBack(await redeem('uc-1', { what }))
      expect(await close('B-1', { named: [{ rewardId: 'uc-CARD0001' }] })).to.deep.equal([])
    })

    it('include a reward that was taken again after it was given back', async () => {
      await giveBack(await redeem('uc-1'))
      test.clock.pass(10)
      await redeem('uc-1', { key: 'T-2' })
      expect(await close('B-1', { named: [{ rewardId: 'uc-1' }] })).to.deep.equal(['uc-1'])
    })

    it('include a reward that is named, at any time, for one ticket only', async () => {
      await redeem('uc-1')
      const late = { fromMs: test.clock.nowMs() + 1, named: [{ rewardId: 'uc-1' }] }
      expect(await close('B-1', late)).to.deep.equal(['uc-1'])
      expect(await close('B-2', late)).to.deep.equal([])
    })

    it('include a reward that is named, and of which nothing is known at its venue', async () => {
      await giveBack(await redeem('uc-1', { venue: 'another-venue' }))
      expect(await close('B-1', { named: [{ rewardId: 'uc-1' }] })).to.deep.equal(['uc-1'])
    })
  })
})
