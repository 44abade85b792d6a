import {
  dueUndo,
  retryByOperator,
  sendNext,
  settleByOperator,
  settleDebit,
  settleUndo,
} from '../support/redemption.ts'
import type { OperatorDecision, UndoOutcome } from '../../src/redemptions/redemption.ts'
import { expect } from 'chai'
import { getStuck, stuckDebit } from '../support/stuck-redemption.ts'
import { couponsOf } from '../support/coupons-of.ts'
import { forEachDatabase } from '../support/both-databases.ts'
import { type TestJournal } from '../support/test-journal.ts'

const reversed = { as: 'reversed', by: 'Dana', why: 'given back in the app' } as const
const taken = { as: 'taken', by: 'Dana', why: 'the guest had it' } as const

forEachDatabase((openTestJournal) => {
  describe('an operator', () => {
    let test: TestJournal
    beforeEach(async () => (test = await openTestJournal()))
    afterEach(() => test.end())

    const stuck = () => getStuck(test.journal, test.clock.pass)
    const inDoubt = async () => {
      const begun = await test.journal.beginDebit(stuckDebit, sendNext)
      if (begun.do !== 'send') throw new Error('was not sent')
      await settleDebit(test.journal, begun.redemption.id, { kind: 'unknown' })
      return begun.redemption.id
    }
    const settleLater = async (
      decision: OperatorDecision,
      outcome: UndoOutcome,
    ): Promise<string | undefined> => {
      const id = await inDoubt()
      test.clock.pass(2_000)
      expect(await test.journal.beginUndo(dueUndo(id))).not.to.equal(undefined)
      await settleByOperator(test.journal, id, decision)
      await settleUndo(test.journal, id, outcome)
      test.clock.pass(24 * 60 * 60 * 1000)
      expect(await test.journal.dueUndos(10)).to.deep.equal([])
      return (await test.journal.findRedemption(id))?.state
    }

    it('can retry a stuck redemption, which then has all its tries and another day', async () => {
      const id = await stuck()
      test.clock.pass(48 * 60 * 60 * 1000)
      expect(await retryByOperator(test.journal, id)).to.deep.equal({ isDone: true, state: 'in_doubt' })
      expect((await test.journal.dueUndos(10)).map((due) => due.id)).to.deep.equal([id])
      const begun = await test.journal.beginUndo(dueUndo(id))
      expect(begun?.secret).to.deep.equal(stuckDebit.secret)
      await settleUndo(test.journal, id, { kind: 'refused', code: 'REFUSED' })
      const record = await test.journal.findRedemption(id)
      expect(record).to.include({ state: 'in_doubt' })
      expect(record?.undo).to.include({ refusals: 1 })
    })

    it('can retry a stuck credit, which a refusal of the next call does not settle', async () => {
      const credit = { ...stuckDebit, creditKey: 'C-1', redemptionId: undefined, debitKey: 'T-1' }
      const begun = await test.journal.beginCredit(credit, () => ({
        do: 'adopt',
        reference: 'r-1',
        key: 'T-1',
        code: 'NOTHING_TO_GIVE_BACK',
      }))
      expect(begun.do).to.equal('send')
      await settleUndo(test.journal, 'r-1', { kind: 'unknown' })
      test.clock.pass(24 * 60 * 60 * 1000)
      await test.journal.beginUndo(dueUndo('r-1'))
      await settleUndo(test.journal, 'r-1', { kind: 'unknown' })
      expect((await test.journal.stuckRedemptions()).map(({ id }) => id)).to.deep.equal(['r-1'])
      await retryByOperator(test.journal, 'r-1')
      await test.journal.beginUndo(dueUndo('r-1'))
      await settleUndo(test.journal, 'r-1', { kind: 'refused', code: 'REFUSED' })
      expect((await test.journal.findRedemption('r-1'))?.state).to.equal('in_doubt')
    })

    it('can settle redemptions that are in doubt or stuck, and no others', async () => {
      const id = await inDoubt()
      expect(await retryByOperator(test.journal, id)).to.deep.equal({ isDone: false, state: 'in_doubt' })
      expect(await settleByOperator(test.journal, id, taken)).to.deep.equal({
        isDone: true,
        state: 'confirmed',
      })
      expect(await settleByOperator(test.journal, id, reversed)).to.deep.equal({
        isDone: false,
        state: 'confirmed',
      })
      expect(await settleByOperator(test.journal, 'no-such-id', taken)).to.deep.equal({
        isDone: false,
        state: undefined,
      })
    })

    it('can settle a redemption as taken, and its coupon then counts for its bill', async () => {
      const sentAtMs = test.clock.nowMs()
      const id = await stuck()
      await settleByOperator(test.journal, id, taken)
      const { venue, cardHash, account } = stuckDebit
      expect(
        await couponsOf(test.journal, { venue, cardHash, account, fromMs: sentAtMs, toMs: sentAtMs }),
      ).to.deep.equal(['uc-1'])
    })

    it('is not overruled by a later answer of the core, whatever it is', async () => {
      for (const kind of ['unknown', 'not_done', 'nothing'] as const) {
        expect(await settleLater(reversed, { kind }), kind).to.equal('reversed')
        expect(await settleLater(taken, { kind }), kind).to.equal('confirmed')
      }
      expect(await settleLater(taken, { kind: 'refused', code: 'REFUSED' })).to.equal('confirmed')
    })

    it('is overruled by the core if that answers later that it was given back', async () => {
      expect(await settleLater(reversed, { kind: 'given_back', moved: {} })).to.equal('reversed')
      await test.end()
      test = await openTestJournal()
      expect(await settleLater(taken, { kind: 'given_back', moved: {} })).to.equal('credited')
    })

    it('can settle a redemption as taken, and a credit can then give it back like any other', async () => {
      const id = await stuck()
      await settleByOperator(test.journal, id, taken)
      const credit = { ...stuckDebit, creditKey: 'C-1', redemptionId: id, debitKey: undefined }
      const give = () =>
        test.journal.beginCredit(credit, ({ debits: [debit] }) => ({ do: 'send', redemption: debit! }))
      await give()
      const refused = await settleUndo(test.journal, id, { kind: 'refused', code: 'REFUSED' })
      expect(refused).to.include({ state: 'confirmed', isFinal: true })
      await give()
      await settleUndo(test.journal, id, { kind: 'given_back', moved: {} })
      const { state, settled } = (await test.journal.findRedemption(id))!
      expect([state, settled?.why]).to.deep.equal(['credited', taken.why])
    })
  })
})
