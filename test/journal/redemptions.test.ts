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
import { openTestJournal, type TestJournal } from '../support/test-journal.ts'
import { confirmed, sendNext, settleByOperator, settleDebit, settleUndo } from '../support/redemption.ts'

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

describe('redemptions in the journal', () => {
  let test: TestJournal
  beforeEach(async () => (test = await openTestJournal()))
  afterEach(() => test.end())

  const begin = async (intent: DebitIntent) => {
    const begun = await test.journal.beginDebit(intent, sendNext)
    if (begun.do !== 'send') throw new Error('was not sent')
    return begun
  }
  /** What a debit would find now: its row, whether its coupon is taken by another, or held. */
  const look = async (intent: DebitIntent) => {
    const seen = Promise.withResolvers<ReturnType<typeof describeKnown>>()
    await test.journal.beginDebit(intent, (known, nowMs) => {
      seen.resolve(describeKnown(known, intent, nowMs))
      return { do: 'refuse', code: 'REFUSED' }
    })
    return await seen.promise
  }
  const credit = async (more: Partial<CreditIntent>) => {
    const question = { ...creditIntent, ...more, unseenDebit: undefined, isLate: false }
    return await test.journal.beginCredit(question, (known, nowMs) => decideCredit(known, question, nowMs))
  }
  const find = async (more: Partial<CreditIntent>) => {
    const found = Promise.withResolvers<string | undefined>()
    const question = { ...creditIntent, ...more, unseenDebit: undefined, isLate: false }
    await test.journal.beginCredit(question, (known, nowMs) => {
      const decision = decideCredit(known, question, nowMs)
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

  it('writes the intent before the call leaves, under an id that its key and attempt make', async () => {
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

  it('tells one of two twins to send, and shows the other its row', async () => {
    const decide = (known: DebitRows, nowMs: number) =>
      known.attempts[0]
        ? ({ do: 'replay', redemption: known.attempts[0] } as const)
        : decideDebit(known, debitIntent, nowMs)
    const twins = await Promise.all([
      test.journal.beginDebit(debitIntent, decide),
      test.journal.beginDebit(debitIntent, decide),
    ])
    expect(twins.map((twin) => twin.do)).to.deep.equal(['send', 'replay'])
  })

  it('finds a debit that was left on its way due after the deadline and a second', async () => {
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

  it('gives a repeat ten seconds more for its OK to leave', async () => {
    const { id } = await begin(debitIntent)
    await settleDebit(test.journal, id, confirmed())
    test.clock.pass(9_000)
    await test.journal.beginDebit(debitIntent, ({ attempts: [row] }) => ({ do: 'replay', redemption: row! }))
    test.clock.pass(9_000)
    expect((await look(debitIntent)).sameKey).to.include({ isDue: false })
  })

  it('makes the same attempt again of what was not done, the next of what was refused', async () => {
    const first = await begin(debitIntent)
    await settleDebit(test.journal, first.id, { kind: 'not_done' })
    const again = await begin(debitIntent)
    expect(again.id).to.equal(first.id)
    await settleDebit(test.journal, again.id, { kind: 'refused', code: 'REWARD_EXPIRED' })
    expect((await begin(debitIntent)).id).to.equal(redemptionId('T-1', 2))
  })

  it('remembers a key for a day; later it is a new attempt with the next number', async () => {
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

  it('knows the coupon of a card on a bill under any key, and finds it by both ids after a replay', async () => {
    const { id } = await begin(debitIntent)
    await settleDebit(test.journal, id, confirmed())
    const pressedAgain = { ...debitIntent, key: 'T-2' }
    expect((await look(pressedAgain)).sameCoupon).to.include({ id })
    await test.journal.beginDebit(pressedAgain, ({ ofCoupon: [row] }) => ({ do: 'replay', redemption: row! }))
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

  it('finds by bill the latest that stands, before one that was given back', async () => {
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

  // The guest came back late in the evening of the next day: the credit was OK, its repeat a minute later was told that
  // there was nothing to give back.
  it('knows a credit again for a day of its own, however old its debit is', async () => {
    const { id } = await begin(debitIntent)
    await settleDebit(test.journal, id, confirmed())
    await test.journal.markAnswered(id)
    const byBill = { ...creditIntent, debitKey: undefined, account: 'A-1', what: coupon }
    const sameCredit = async () => {
      let known: string | undefined
      await test.journal.beginCredit(byBill, (found) => {
        known = found.sameCredit?.id
        return { do: 'refuse', code: 'REFUSED' }
      })
      return known
    }
    test.clock.pass(24 * 60 * 60 * 1000 - 30_000)
    await sendCredit(byBill)
    await settleUndo(test.journal, id, { kind: 'given_back', moved: {} })
    test.clock.pass(60_000)
    expect(await sameCredit()).to.equal(id)
    test.clock.pass(24 * 60 * 60 * 1000)
    expect(await sameCredit()).to.equal(undefined)
  })

  it('takes back a debit that a credit could not wait for', async () => {
    const { id } = await begin(debitIntent)
    expect(await credit({})).to.deep.equal({ do: 'refuse', code: 'NOT_GIVEN_BACK_YET' })
    expect(await settleDebit(test.journal, id, confirmed())).to.deep.equal({
      stands: false,
    })
    expect((await look(debitIntent)).sameKey).to.include({ state: 'in_doubt', undoBy: 'till', isDue: true })
  })

  // A debit was under way when its process was killed. The till asked for it back every few milliseconds, each time
  // putting off the moment from which it is in doubt, so that it was never given back.
  it('is due when it was, however often a credit asks for a debit on its way', async () => {
    await begin(debitIntent)
    test.clock.pass(3000)
    await credit({})
    test.clock.pass(500)
    expect((await look(debitIntent)).sameKey).to.include({ state: 'sent', isDue: true })
  })

  // The core had given it back when the process died; the credit that came again was not sent, and all was thought to
  // be as if none had ever come.
  it('does not drop a credit whose process died because the next call of it was not sent', async () => {
    const { id } = await begin(debitIntent)
    await settleDebit(test.journal, id, confirmed())
    await test.journal.markAnswered(id)
    await sendCredit()
    await test.reopen()
    await sendCredit()
    const open = { state: 'confirmed', isFinal: false }
    expect(await settleUndo(test.journal, id, { kind: 'not_done' })).to.include(open)

    test.clock.pass(60_000)
    await test.journal.beginUndo(id)
    expect(await settleUndo(test.journal, id, { kind: 'refused', code: 'MEMBER_BLOCKED' })).to.include(open)
    expect((await look(debitIntent)).sameKey).to.include({ state: 'confirmed', undoBy: 'till' })
  })

  // The OK left while a credit of the same till was under way, and was noted nowhere. The core refused the credit, so
  // ten seconds later the guest's reward was given back by itself.
  it('notes that an OK has left though a credit came between, and stands when that is refused', async () => {
    const { id } = await begin(debitIntent)
    await settleDebit(test.journal, id, confirmed())
    await sendCredit()
    await test.journal.markAnswered(id)
    await settleUndo(test.journal, id, { kind: 'refused', code: 'MEMBER_BLOCKED' })
    test.clock.pass(24 * 60 * 60 * 1000)
    expect(await test.journal.dueUndos(10)).to.deep.equal([])
    expect((await test.journal.findRedemption(id))?.state).to.equal('confirmed')
  })

  it('still gives back what a credit asks for, when the note of the OK comes between', async () => {
    const { id } = await begin(debitIntent)
    await settleDebit(test.journal, id, confirmed())
    await sendCredit()
    await test.journal.markAnswered(id)
    await settleUndo(test.journal, id, { kind: 'unknown' })
    test.clock.pass(60_000)
    expect((await test.journal.beginUndo(id))?.secret).to.deep.equal(debitIntent.secret)
    expect(await settleUndo(test.journal, id, { kind: 'given_back', moved: {} })).to.include({
      state: 'credited',
    })
  })

  // The core had lost the debit: it said "nothing to give back" to each repeat of a credit, every five minutes for a
  // day, before anybody was told.
  it('counts a credit for which the core has nothing as a try, and is stuck after six', async () => {
    const { id } = await begin(debitIntent)
    await settleDebit(test.journal, id, confirmed())
    await test.journal.markAnswered(id)
    await sendCredit()
    const states = [(await settleUndo(test.journal, id, { kind: 'unknown' })).state]
    for (let call = 0; call < 6; call++) {
      test.clock.pass(300_000)
      expect(await test.journal.beginUndo(id), 'is due').not.to.equal(undefined)
      states.push((await settleUndo(test.journal, id, { kind: 'nothing' })).state)
    }
    expect(states).to.deep.equal([...Array<string>(6).fill('confirmed'), 'stuck'])
  })

  // The core had said that nothing was taken, so the guest could have the reward. It did not answer when it was asked
  // once more, and the reward was held again, for a day at worst.
  for (const silence of ['not_done', 'unknown'] as const)
    it(`leaves a reward free of which the core had nothing, though the second call has no answer (${silence})`, async () => {
      const { id } = await begin(debitIntent)
      await settleDebit(test.journal, id, { kind: 'unknown' })
      const elsewhere = { ...debitIntent, key: 'T-9', account: 'B-7' }
      const seen = async () => {
        const { sameKey } = await look(debitIntent)
        return { hasNothing: sameKey?.undo?.last === 'nothing', isHeld: (await look(elsewhere)).isHeld }
      }
      test.clock.pass(3_000)
      await test.journal.beginUndo(id)
      await settleUndo(test.journal, id, { kind: 'nothing' })
      expect(await seen()).to.deep.equal({ hasNothing: true, isHeld: false })

      test.clock.pass(58_000)
      expect(await test.journal.beginUndo(id), 'is due').not.to.equal(undefined)
      await settleUndo(test.journal, id, { kind: silence })
      expect(await seen()).to.deep.equal({ hasNothing: true, isHeld: false })
    })

  it('comes back to a doubt after its backoff, on disk, until a day has passed', async () => {
    const { id } = await begin(debitIntent)
    await settleDebit(test.journal, id, { kind: 'unknown' })
    let calls = 0
    while (test.clock.nowMs() < Date.UTC(2026, 10, 26)) {
      test.clock.pass(500)
      for (const due of await test.journal.dueUndos(10)) {
        const begun = await test.journal.beginUndo(due.id)
        expect(begun?.secret).to.deep.equal(debitIntent.secret)
        await settleUndo(test.journal, due.id, { kind: 'not_done' })
        if (++calls === 5) await test.reopen()
      }
      if (calls > 20) test.clock.pass(60_000)
    }
    expect(calls).to.be.within(288, 600)
    expect(await look(debitIntent)).to.have.nested.property('sameKey.state', 'stuck')
    expect((await test.journal.stats()).open).to.include({ in_doubt: 0, stuck: 1 })
  })

  it('refuses a late debit whose credit came first, for as long as it is remembered', async () => {
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

  it('recognises by its id a debit that a credit has named before it came', async () => {
    const reference = redemptionId('T-1', 1)
    const byId = { ...creditIntent, debitKey: undefined, redemptionId: reference, what: coupon }
    await test.journal.beginCredit(byId, () => ({
      do: 'adopt',
      reference,
      key: 'by-id',
      code: 'NOTHING_TO_GIVE_BACK',
    }))
    await settleUndo(test.journal, reference, { kind: 'nothing' })
    expect((await look(debitIntent)).sameKey).to.include({ id: reference, state: 'reversed', wasSent: false })
  })

  it('sends a debit though a credit of it had come before and never reached the core', async () => {
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

  it('knows the coupon of a bill for a day at most', async () => {
    const other = { ...debitIntent, key: 'T-2' }
    const { id } = await begin(debitIntent)
    await settleDebit(test.journal, id, confirmed())
    await test.journal.markAnswered(id)
    test.clock.pass(86_399_000)
    expect((await look(other)).sameCoupon).to.include({ id, ticketKey: undefined })
    test.clock.pass(1_000)
    expect((await look(other)).sameCoupon).to.equal(undefined)
  })

  // A debit was given up and undone while its call was on its way. Its late yes made the row `confirmed` again, without
  // the seal that a credit of it needs.
  describe('whose call says yes after it was given up', () => {
    const giveUp = async (outcome: UndoOutcome) => {
      const { id } = await begin(debitIntent)
      test.clock.pass(62_000)
      await test.journal.beginUndo(id)
      expect((await settleUndo(test.journal, id, outcome)).state).to.equal('reversed')
      return id
    }

    it('stays as it is if it was given back meanwhile', async () => {
      const id = await giveUp({ kind: 'given_back', moved: {} })
      expect(await settleDebit(test.journal, id, confirmed())).to.deep.equal({ stands: false })
      expect((await look(debitIntent)).sameKey).to.include({ id, state: 'reversed' })
      expect(await test.journal.dueUndos(9)).to.deep.equal([])
    })

    it('is in doubt, due now, held and sealed anew if there was nothing to give back', async () => {
      const id = await giveUp({ kind: 'nothing' })
      expect(await settleDebit(test.journal, id, confirmed())).to.deep.equal({ stands: false })
      expect((await look({ ...debitIntent, key: 'T-2' })).isHeld, 'no longer free').to.equal(true)
      expect(await test.journal.dueUndos(9)).to.have.length(1)
      expect((await test.journal.beginUndo(id))?.secret).to.deep.equal(debitIntent.secret)
      expect((await settleUndo(test.journal, id, { kind: 'given_back', moved: {} })).state).to.equal(
        'reversed',
      )
    })

    it('is in doubt though an operator has settled it as reversed', async () => {
      const { id } = await begin(debitIntent)
      test.clock.pass(5_000)
      await test.journal.beginUndo(id)
      await settleByOperator(test.journal, id, { as: 'reversed', by: 'ops', why: 'seen in TRIFFT' })
      expect(await settleDebit(test.journal, id, confirmed())).to.deep.equal({ stands: false })
      expect((await test.journal.beginUndo(id))?.secret).to.deep.equal(debitIntent.secret)
      expect((await test.journal.findRedemption(id))?.settled).to.equal(undefined)
    })

    it('stands if an operator counts it as taken', async () => {
      const { id } = await begin(debitIntent)
      test.clock.pass(5_000)
      await test.journal.beginUndo(id)
      await settleByOperator(test.journal, id, { as: 'taken', by: 'ops', why: 'the guest has it' })
      expect(await settleDebit(test.journal, id, confirmed())).to.deep.equal({ stands: true })
    })

    it('changes nothing if the late answer is no yes', async () => {
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

function describeKnown(known: DebitRows, intent: DebitIntent, nowMs: number) {
  const row = latestAttempt(known, intent.key, (one) => isRemembered(one, nowMs))
  const decision = decideDebit(known, intent, nowMs)
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
  it('is another for each key and attempt', () => {
    const keys = Array.from({ length: 50 }, () => randomBytes(6).toString('hex'))
    const ids = keys.flatMap((key) => [redemptionId(key, 1), redemptionId(key, 2)])
    expect(new Set(ids).size).to.equal(100)
    expect(redemptionId('a', 11)).to.not.equal(redemptionId('a1', 1))
  })
})
