import { isRemembered, latestAttempt } from '../../src/redemptions/attempts.ts'
import { decideCredit } from '../../src/redemptions/decide-credit.ts'
import { decideDebit, type DebitRows } from '../../src/redemptions/decide-debit.ts'
import {
  isDue,
  type CreditIntent,
  type DebitIntent,
  type UndoOutcome,
} from '../../src/redemptions/redemption.ts'
import { expect } from 'chai'
import { randomBytes } from 'node:crypto'
import { redemptionId } from '../../src/model/keys.ts'
import { forEachSchema } from '../support/both-databases.ts'
import { type TestJournal } from '../support/test-journal.ts'
import {
  confirmed,
  dueUndo,
  sendNext,
  settleByOperator,
  settleDebit,
  settleUndo,
} from '../support/redemption.ts'

const coupon = { kind: 'coupon', rewardId: 'uc-1' } as const
const common = {
  venue: 'venue-uuid',
  venueId: '1902',
  tenant: 'tenant-of-project',
  cardHash: 'hash-of-card',
  cardMasked: '*0001',
}
const debitIntent: DebitIntent = {
  ...common,
  secret: { cardNumber: 'CARD0001', apiKey: 'key-of-the-project' },
  key: 'T-1',
  hasTransactionId: true,
  account: 'A-1',
  what: coupon,
}
const creditIntent: CreditIntent = {
  ...common,
  secret: debitIntent.secret,
  creditKey: 'C-1',
  redemptionId: undefined,
  debitKey: 'T-1',
  account: undefined,
  what: undefined,
}

forEachSchema((openTestJournal) => {
  describe('the journal of redemptions', () => {
    let test: TestJournal
    beforeEach(async () => (test = await openTestJournal()))
    afterEach(() => test.end())

    it('keeps the trace of a debit, even if that is sent again, and hands it to the undo', async () => {
      const first = await begin({ ...debitIntent, trace: traceOf('1') })
      await settleDebit(test.journal, first.id, { kind: 'not_done' })
      const { id } = await begin({ ...debitIntent, trace: traceOf('2') })
      expect(id).to.equal(first.id)
      await settleDebit(test.journal, id, { kind: 'unknown' })
      expect(await test.journal.findRedemption(id)).to.include({ traceId: '2'.repeat(32) })
      test.clock.pass(3_000)
      const [due] = await test.journal.dueUndos(1)
      expect(due).to.include({ id, trace: traceOf('2') })
      expect(await test.journal.beginUndo(due!)).to.have.nested.property('redemption.trace', traceOf('2'))
    })

    it('finds by a transaction id what it was a repeat of, until another attempt begins under it', async () => {
      const first = await taken(debitIntent)
      const second = { ...debitIntent, key: 'T-2' }
      await test.journal.beginDebit(second, (rows, nowMs) => decideDebit(rows, second, nowMs))
      expect(await find({ creditKey: undefined, debitKey: 'T-2' })).to.equal(first.id)
      const attempt = await taken({ ...second, what: { kind: 'points', points: 1 } })
      expect(await find({ creditKey: undefined, debitKey: 'T-2' })).to.equal(attempt.id)
    })

    it('has no trace for a debit that an earlier version has written', async () => {
      const { id } = await begin(debitIntent)
      expect(await test.sql(`SELECT trace FROM redemptions WHERE id = '${id}'`)).to.deep.equal([
        { trace: null },
      ])
      expect(await test.journal.findRedemption(id)).to.have.property('traceId', undefined)
    })

    const traceOf = (digit: string) => `00-${digit.repeat(32)}-${digit.repeat(16)}-01`
    const begin = async (intent: DebitIntent) => {
      const begun = await test.journal.beginDebit(intent, sendNext)
      if (begun.do !== 'send') throw new Error('was not sent')
      return begun.redemption
    }
    const taken = async (intent: DebitIntent) => {
      const redemption = await begin(intent)
      await settleDebit(test.journal, redemption.id, confirmed())
      return redemption
    }
    /** What a debit would find now: its row, whether another has taken its coupon, or holds it. */
    const look = async (intent: DebitIntent) => {
      const found = Promise.withResolvers<ReturnType<typeof describeRows>>()
      await test.journal.beginDebit(intent, (rows, nowMs) => {
        found.resolve(describeRows(rows, intent, nowMs))
        return { do: 'refuse', code: 'REFUSED' }
      })
      return await found.promise
    }
    const credit = async (more: Partial<CreditIntent>) => {
      const question = { ...creditIntent, ...more, unseenDebit: undefined, isLate: false }
      return await test.journal.beginCredit(question, (rows, nowMs) => decideCredit(rows, question, nowMs))
    }
    const find = async (more: Partial<CreditIntent>) => {
      const found = Promise.withResolvers<string | undefined>()
      const question = { ...creditIntent, ...more, unseenDebit: undefined, isLate: false }
      await test.journal.beginCredit(question, (rows, nowMs) => {
        const decision = decideCredit(rows, question, nowMs)
        found.resolve('redemption' in decision ? decision.redemption.id : undefined)
        return { do: 'refuse', code: 'REFUSED' }
      })
      return await found.promise
    }
    const sendCredit = async (more: Partial<CreditIntent> = {}) => {
      const begun = await credit(more)
      if (begun.do !== 'send') throw new Error('was not sent')
      return begun.redemption
    }

    it('writes the intent before the call leaves, under an id made from its key and attempt', async () => {
      const { id } = await begin(debitIntent)
      await test.reopen()
      expect((await look(debitIntent)).sameKey).to.include({
        id: redemptionId('T-1', 1),
        attempt: 1,
        state: 'sent',
        wasSent: true,
        isDue: false,
      })
      expect(id).to.equal(redemptionId('T-1', 1))
    })

    it('lets one of two debits with the same key send, and shows the other its row', async () => {
      const decide = (rows: DebitRows, nowMs: number) =>
        rows.attempts[0]
          ? ({ do: 'replay', redemption: rows.attempts[0] } as const)
          : decideDebit(rows, debitIntent, nowMs)
      const twins = await Promise.all([
        test.journal.beginDebit(debitIntent, decide),
        test.journal.beginDebit(debitIntent, decide),
      ])
      expect(twins.map((twin) => twin.do)).to.have.members(['send', 'replay'])
    })

    it('finds an abandoned debit due a second after its deadline', async () => {
      await begin(debitIntent)
      test.clock.pass(3499)
      expect((await look(debitIntent)).sameKey).to.include({ state: 'sent', isDue: false })
      test.clock.pass(1)
      expect((await look(debitIntent)).sameKey).to.include({ state: 'sent', isDue: true })
    })

    it('finds a confirmed debit due if its OK has not left within ten seconds, and never if it has', async () => {
      const { id } = await begin(debitIntent)
      await settleDebit(test.journal, id, confirmed({ pointsLeft: 5 }))
      test.clock.pass(10_000)
      expect((await look(debitIntent)).sameKey).to.deep.include({
        state: 'confirmed',
        isDue: true,
        moved: { pointsLeft: 5 },
      })
      await test.journal.markAnswered(id)
      expect((await look(debitIntent)).sameKey).to.include({ isDue: false })
    })

    it('gives the OK of a repeat another ten seconds to leave', async () => {
      const { id } = await begin(debitIntent)
      await settleDebit(test.journal, id, confirmed())
      test.clock.pass(9_000)
      await test.journal.beginDebit(debitIntent, ({ attempts: [row] }) => ({
        do: 'replay',
        redemption: row!,
      }))
      test.clock.pass(9_000)
      expect((await look(debitIntent)).sameKey).to.include({ isDue: false })
    })

    it('repeats an attempt that was not done, and makes a new one after a refusal', async () => {
      const first = await begin(debitIntent)
      await settleDebit(test.journal, first.id, { kind: 'not_done' })
      const again = await begin(debitIntent)
      expect(again.id).to.equal(first.id)
      await settleDebit(test.journal, again.id, { kind: 'refused', code: 'REWARD_EXPIRED' })
      expect((await begin(debitIntent)).id).to.equal(redemptionId('T-1', 2))
    })

    it('remembers a key for a day; a later debit is a new attempt with the next number', async () => {
      const { id } = await begin(debitIntent)
      await settleDebit(test.journal, id, confirmed())
      await test.journal.markAnswered(id)
      test.clock.pass(24 * 60 * 60 * 1000)
      expect((await look(debitIntent)).sameKey).to.equal(undefined)
      expect((await begin(debitIntent)).id).to.equal(redemptionId('T-1', 2))
    })

    it('never forgets a key whose debit is not settled', async () => {
      await begin(debitIntent)
      test.clock.pass(48 * 60 * 60 * 1000)
      expect((await look(debitIntent)).sameKey).to.include({ state: 'sent', isDue: true })
    })

    it('finds the coupon of a card on a bill under any key, and after a replay by both keys', async () => {
      const { id } = await begin(debitIntent)
      await settleDebit(test.journal, id, confirmed())
      const pressedAgain = { ...debitIntent, key: 'T-2' }
      expect((await look(pressedAgain)).sameCoupon).to.include({ id })
      await test.journal.beginDebit(pressedAgain, ({ ofCoupon: [row] }) => ({
        do: 'replay',
        redemption: row!,
      }))
      expect(await find({ debitKey: 'T-2' })).to.equal(id)
      expect((await look(pressedAgain)).sameKey).to.include({ id })
    })

    it('holds a coupon at every venue and bill while one debit of it is not settled', async () => {
      const elsewhere = { ...debitIntent, key: 'T-9', venue: 'other-venue', account: 'B-7' }
      expect((await look(elsewhere)).isHeld).to.equal(false)
      const { id } = await begin(debitIntent)
      expect((await look(elsewhere)).isHeld).to.equal(true)
      await settleDebit(test.journal, id, { kind: 'unknown' })
      expect((await look(elsewhere)).isHeld).to.equal(true)
      await sendCredit()
      await settleUndo(test.journal, id, { kind: 'given_back', moved: {} })
      expect((await look(elsewhere)).isHeld).to.equal(false)
    })

    it('finds the debit of a credit in all three ways, and no other', async () => {
      const { id } = await begin(debitIntent)
      await settleDebit(test.journal, id, confirmed())
      const nothing = { debitKey: undefined, redemptionId: undefined }
      expect(await find({ ...nothing, redemptionId: id })).to.equal(id)
      expect(await find({ ...nothing, debitKey: 'T-1' })).to.equal(id)
      expect(await find({ ...nothing, account: 'A-1', what: coupon })).to.equal(id)
      expect(await find({ ...nothing, account: 'A-2', what: coupon })).to.equal(undefined)
      expect(await find({ ...nothing, account: 'A-1', what: coupon, cardHash: 'other' })).to.equal(undefined)
      expect(await find({ ...nothing, redemptionId: id, venue: 'other-venue' })).to.equal(undefined)
    })

    it('finds by bill the latest debit that stands, before one that was given back', async () => {
      const points = { kind: 'points', points: 50 } as const
      const ids: string[] = []
      for (const key of ['P-1', 'P-2', 'P-3']) {
        const { id } = await begin({ ...debitIntent, key, what: points })
        await settleDebit(test.journal, id, confirmed())
        test.clock.pass(1000)
        ids.push(id)
      }
      const byBill = { debitKey: undefined, account: 'A-1', what: points }
      expect(await find(byBill)).to.equal(ids[2])
      await sendCredit({ ...byBill, creditKey: 'C-3' })
      await settleUndo(test.journal, ids[2]!, { kind: 'given_back', moved: {} })
      expect(await find(byBill)).to.equal(ids[1])
      test.clock.pass(24 * 60 * 60 * 1000)
      expect(await find(byBill)).to.equal(undefined)
    })

    // A guest came back late in the evening of the next day. The credit got OK, but its repeat a minute later heard that
    // there was nothing to give back.
    it('recognises a credit for a day of its own, however old its debit is', async () => {
      const { id } = await begin(debitIntent)
      await settleDebit(test.journal, id, confirmed())
      await test.journal.markAnswered(id)
      const byBill = { ...creditIntent, debitKey: undefined, account: 'A-1', what: coupon }
      const sameCredit = async () => {
        let creditedId: string | undefined
        await test.journal.beginCredit(byBill, (rows) => {
          creditedId = rows.sameCredit?.id
          return { do: 'refuse', code: 'REFUSED' }
        })
        return creditedId
      }
      test.clock.pass(24 * 60 * 60 * 1000 - 30_000)
      await sendCredit(byBill)
      await settleUndo(test.journal, id, { kind: 'given_back', moved: {} })
      test.clock.pass(60_000)
      expect(await sameCredit()).to.equal(id)
      test.clock.pass(24 * 60 * 60 * 1000)
      expect(await sameCredit()).to.equal(undefined)
    })

    it('gives back a debit that a credit could not wait for', async () => {
      const { id } = await begin(debitIntent)
      expect(await credit({})).to.deep.equal({ do: 'refuse', code: 'NOT_GIVEN_BACK_YET' })
      expect(await settleDebit(test.journal, id, confirmed())).to.deep.equal({
        stands: false,
      })
      expect((await look(debitIntent)).sameKey).to.include({ state: 'in_doubt', undoBy: 'till', isDue: true })
    })

    // A debit was under way when its process was killed. The till sent credits every few milliseconds, each of which
    // postponed the due time, so that it was never given back.
    it('does not postpone an abandoned debit, however often a credit requests its undo', async () => {
      await begin(debitIntent)
      test.clock.pass(3000)
      await credit({})
      test.clock.pass(500)
      expect((await look(debitIntent)).sameKey).to.include({ state: 'sent', isDue: true })
    })

    // The core had given it back when the process died. The repeat of the credit was not sent, and the journal recorded
    // that there had never been one.
    it('does not end a credit whose process died if its next call is not sent', async () => {
      const { id } = await begin(debitIntent)
      await settleDebit(test.journal, id, confirmed())
      await test.journal.markAnswered(id)
      await sendCredit()
      await test.reopen()
      await sendCredit()
      const open = { state: 'confirmed', isFinal: false }
      expect(await settleUndo(test.journal, id, { kind: 'not_done' })).to.include(open)

      test.clock.pass(60_000)
      await test.journal.beginUndo(dueUndo(id))
      expect(await settleUndo(test.journal, id, { kind: 'refused', code: 'MEMBER_BLOCKED' })).to.include(open)
      expect((await look(debitIntent)).sameKey).to.include({ state: 'confirmed', undoBy: 'till' })
    })

    // The OK left while a credit of the same till was under way, and was not recorded. The core refused the credit, and
    // ten seconds later the guest's reward was undone.
    it('records that an OK has left while a credit is under way, and lets the debit stand if that is refused', async () => {
      const { id } = await begin(debitIntent)
      await settleDebit(test.journal, id, confirmed())
      await sendCredit()
      await test.journal.markAnswered(id)
      await settleUndo(test.journal, id, { kind: 'refused', code: 'MEMBER_BLOCKED' })
      test.clock.pass(24 * 60 * 60 * 1000)
      expect(await test.journal.dueUndos(10)).to.deep.equal([])
      expect((await test.journal.findRedemption(id))?.state).to.equal('confirmed')
    })

    it('still gives back for a credit if the OK is recorded while it is under way', async () => {
      const { id } = await begin(debitIntent)
      await settleDebit(test.journal, id, confirmed())
      await sendCredit()
      await test.journal.markAnswered(id)
      await settleUndo(test.journal, id, { kind: 'unknown' })
      test.clock.pass(60_000)
      expect((await test.journal.beginUndo(dueUndo(id)))?.secret).to.deep.equal(debitIntent.secret)
      expect(await settleUndo(test.journal, id, { kind: 'given_back', moved: {} })).to.include({
        state: 'credited',
      })
    })

    // The core had lost the debit: it answered "nothing to give back" to each repeat of a credit, every five minutes for
    // a day, before an operator was alerted.
    it('counts it as a refusal of a credit if the core has nothing to give back: stuck after six', async () => {
      const { id } = await begin(debitIntent)
      await settleDebit(test.journal, id, confirmed())
      await test.journal.markAnswered(id)
      await sendCredit()
      const states = [(await settleUndo(test.journal, id, { kind: 'unknown' })).state]
      for (let call = 0; call < 6; call++) {
        test.clock.pass(300_000)
        expect(await test.journal.beginUndo(dueUndo(id)), 'is due').not.to.equal(undefined)
        states.push((await settleUndo(test.journal, id, { kind: 'nothing' })).state)
      }
      expect(states).to.deep.equal([...Array<string>(6).fill('confirmed'), 'stuck'])
    })

    // The core had answered that nothing was taken, so the guest could have the reward. When it was asked again it did
    // not answer, and the reward was held again, for up to a day.
    for (const silence of ['not_done', 'unknown'] as const)
      it(`leaves a coupon free if the core had nothing to give back, even if it does not answer when asked again (${silence})`, async () => {
        const { id } = await begin(debitIntent)
        await settleDebit(test.journal, id, { kind: 'unknown' })
        const elsewhere = { ...debitIntent, key: 'T-9', account: 'B-7' }
        const stateOfCoupon = async () => {
          const { sameKey } = await look(debitIntent)
          return { hasNothing: sameKey?.undo?.last === 'nothing', isHeld: (await look(elsewhere)).isHeld }
        }
        test.clock.pass(3_000)
        await test.journal.beginUndo(dueUndo(id))
        await settleUndo(test.journal, id, { kind: 'nothing' })
        expect(await stateOfCoupon()).to.deep.equal({ hasNothing: true, isHeld: false })

        test.clock.pass(58_000)
        expect(await test.journal.beginUndo(dueUndo(id)), 'is due').not.to.equal(undefined)
        await settleUndo(test.journal, id, { kind: silence })
        expect(await stateOfCoupon()).to.deep.equal({ hasNothing: true, isHeld: false })
      })

    it('repeats an undo after its backoff, even after a restart, until a day has passed', async () => {
      const { id } = await begin(debitIntent)
      await settleDebit(test.journal, id, { kind: 'unknown' })
      let calls = 0
      for (;;) {
        const dueAtMs = (await test.journal.findRedemption(id))?.undo?.dueAtMs
        if (dueAtMs === undefined) break
        test.clock.pass(Math.max(0, dueAtMs - test.clock.nowMs()))
        const due = await test.journal.dueUndos(10)
        expect(due.map((each) => each.id)).to.deep.equal([id])
        const begun = await test.journal.beginUndo(dueUndo(id))
        expect(begun?.secret).to.deep.equal(debitIntent.secret)
        await settleUndo(test.journal, id, { kind: 'not_done' })
        if (++calls === 5) await test.reopen()
      }
      expect(calls).to.be.within(288, 600)
      expect(await look(debitIntent)).to.have.nested.property('sameKey.state', 'stuck')
      expect((await test.journal.stats()).open).to.include({ in_doubt: 0, stuck: 1 })
    })

    it('recognises a late debit whose credit came first, for as long as its tombstone is kept', async () => {
      const firstId = redemptionId('T-1', 1)
      await test.journal.beginCredit(creditIntent, () => ({
        do: 'leaveTombstone',
        reference: firstId,
        key: 'T-1',
        forMs: 60_000,
        code: 'NOTHING_TO_GIVE_BACK',
      }))
      expect((await look(debitIntent)).sameKey).to.include({ state: 'reversed', wasSent: false })
      test.clock.pass(60_000)
      expect((await look(debitIntent)).sameKey).to.equal(undefined)
      expect((await begin(debitIntent)).id).to.equal(redemptionId('T-1', 2))
    })

    it('recognises by its id a debit that a credit named before it came', async () => {
      const reference = redemptionId('T-1', 1)
      const byId = { ...creditIntent, debitKey: undefined, redemptionId: reference, what: coupon }
      await test.journal.beginCredit(byId, () => ({
        do: 'adopt',
        reference,
        key: 'by-id',
        code: 'NOTHING_TO_GIVE_BACK',
      }))
      await settleUndo(test.journal, reference, { kind: 'nothing' })
      expect((await look(debitIntent)).sameKey).to.include({
        id: reference,
        state: 'reversed',
        wasSent: false,
      })
    })

    it('sends a debit whose credit came first and was not done', async () => {
      const reference = redemptionId('T-1', 1)
      const byId = { ...creditIntent, debitKey: undefined, redemptionId: reference, what: coupon }
      await test.journal.beginCredit(byId, () => ({
        do: 'adopt',
        reference,
        key: 'by-id',
        code: 'NOTHING_TO_GIVE_BACK',
      }))
      await settleUndo(test.journal, reference, { kind: 'not_done' })
      expect((await begin(debitIntent)).id).to.equal(reference)
      expect((await look(debitIntent)).sameKey).to.include({ state: 'sent', wasSent: true })
    })

    it('finds the coupon of a bill for a day at most', async () => {
      const other = { ...debitIntent, key: 'T-2' }
      const { id } = await begin(debitIntent)
      await settleDebit(test.journal, id, confirmed())
      await test.journal.markAnswered(id)
      test.clock.pass(86_399_000)
      expect((await look(other)).sameCoupon).to.include({ id, ticketKey: undefined })
      test.clock.pass(1_000)
      expect((await look(other)).sameCoupon).to.equal(undefined)
    })

    // A debit was given up and undone while its call was on its way. When that succeeded late, the row was `confirmed`
    // again, without the seal that a credit of it needs.
    describe('of a debit that was given up before its call succeeded', () => {
      const giveUp = async (outcome: UndoOutcome) => {
        const { id } = await begin(debitIntent)
        test.clock.pass(62_000)
        await test.journal.beginUndo(dueUndo(id))
        expect((await settleUndo(test.journal, id, outcome)).state).to.equal('reversed')
        return id
      }

      it('changes nothing if it was given back meanwhile', async () => {
        const id = await giveUp({ kind: 'given_back', moved: {} })
        expect(await settleDebit(test.journal, id, confirmed())).to.deep.equal({ stands: false })
        expect((await look(debitIntent)).sameKey).to.include({ id, state: 'reversed' })
        expect(await test.journal.dueUndos(9)).to.deep.equal([])
      })

      it('puts it in doubt, due now, held and sealed again, if there was nothing to give back', async () => {
        const id = await giveUp({ kind: 'nothing' })
        expect(await settleDebit(test.journal, id, confirmed())).to.deep.equal({ stands: false })
        expect((await look({ ...debitIntent, key: 'T-2' })).isHeld, 'no longer free').to.equal(true)
        expect(await test.journal.dueUndos(9)).to.have.length(1)
        expect((await test.journal.beginUndo(dueUndo(id)))?.secret).to.deep.equal(debitIntent.secret)
        expect((await settleUndo(test.journal, id, { kind: 'given_back', moved: {} })).state).to.equal(
          'reversed',
        )
      })

      it('puts it in doubt although an operator has settled it as reversed', async () => {
        const { id } = await begin(debitIntent)
        test.clock.pass(5_000)
        await test.journal.beginUndo(dueUndo(id))
        await settleByOperator(test.journal, id, { as: 'reversed', by: 'ops', why: 'seen in TRIFFT' })
        expect(await settleDebit(test.journal, id, confirmed())).to.deep.equal({ stands: false })
        expect((await test.journal.beginUndo(dueUndo(id)))?.secret).to.deep.equal(debitIntent.secret)
        expect((await test.journal.findRedemption(id))?.settled).to.equal(undefined)
      })

      it('lets it stand if an operator has settled it as taken', async () => {
        const { id } = await begin(debitIntent)
        test.clock.pass(5_000)
        await test.journal.beginUndo(dueUndo(id))
        await settleByOperator(test.journal, id, { as: 'taken', by: 'ops', why: 'the guest has it' })
        expect(await settleDebit(test.journal, id, confirmed())).to.deep.equal({ stands: true })
      })

      it('changes nothing if the late answer is not a success', async () => {
        const id = await giveUp({ kind: 'given_back', moved: {} })
        for (const outcome of [
          { kind: 'unknown' },
          { kind: 'not_done' },
          { kind: 'refused', code: 'REFUSED' },
        ] as const)
          expect(await settleDebit(test.journal, id, outcome)).to.deep.equal({ stands: false })
        expect((await look(debitIntent)).sameKey).to.include({ id, state: 'reversed' })
      })
    })
  })
})

function describeRows(rows: DebitRows, intent: DebitIntent, nowMs: number) {
  const row = latestAttempt(rows, intent.key, (one) => isRemembered(one, nowMs))
  const decision = decideDebit(rows, intent, nowMs)
  return {
    sameKey: row && {
      ...row,
      isDue: isDue(row, nowMs),
      wasSent: row.sentAtMs !== undefined,
      undoBy: row.undo?.by,
    },
    sameCoupon: row === undefined && decision.do === 'replay' ? decision.redemption : undefined,
    isHeld: decision.do === 'refuse' && decision.code === 'TRY_AGAIN_SHORTLY',
  }
}

describe('the id of a redemption', () => {
  it('is different for each key and attempt', () => {
    const keys = Array.from({ length: 50 }, () => randomBytes(6).toString('hex'))
    const ids = keys.flatMap((key) => [redemptionId(key, 1), redemptionId(key, 2)])
    expect(new Set(ids).size).to.equal(100)
    expect(redemptionId('a', 11)).to.not.equal(redemptionId('a1', 1))
  })
})
