import { expect } from 'chai'
import { decideCredit, type CreditQuestion, type CreditRows } from '../../src/redemptions/decide-credit.ts'
import type { Redemption, RedemptionState } from '../../src/redemptions/redemption.ts'
import { redemption, undo, venueAndCard } from '../support/redemption.ts'

const nowMs = 100_000_000
const coupon = { kind: 'coupon', rewardId: 'uc-1' } as const
const credit: CreditQuestion = {
  ...venueAndCard,
  creditKey: 'C-1',
  redemptionId: undefined,
  debitKey: 'T-1',
  account: undefined,
  what: undefined,
  unseenDebit: { key: 'T-1', reference: 'r-1', hasTransactionId: true },
  isLate: false,
}

const row = (state: RedemptionState, more: Partial<Redemption> = {}) => redemption({ state, ...more })
const rowsOf = (debit: Redemption | undefined, sameCredit?: Redemption): CreditRows => ({
  sameCredit,
  debits: debit ? [debit] : [],
  alias: undefined,
})

/** The decision in one word: what to do, or the code for the till. */
const decide = (rows: CreditRows, question: CreditQuestion) => {
  const decision = decideCredit(rows, question, nowMs)
  return decision.do === 'refuse' ? decision.code : decision.do
}

describe('a credit, decided by the row of its debit,', () => {
  const cases: [what: string, row: Redemption, inTime: string, late: string][] = [
    ['on its way', row('sent'), 'requestUndo', 'requestUndo'],
    ['left by a crash', row('sent', { dueAtMs: nowMs }), 'send', 'NOT_GIVEN_BACK_YET'],
    ['in doubt', row('in_doubt'), 'send', 'NOT_GIVEN_BACK_YET'],
    ['stuck', row('stuck'), 'send', 'NOT_GIVEN_BACK_YET'],
    ['confirmed', row('confirmed'), 'send', 'CORE_UNAVAILABLE'],
    ['being given back', row('confirmed', { undo: undo('till') }), 'send', 'NOT_GIVEN_BACK_YET'],
    ['credited by this id', row('credited', { creditKey: 'C-1' }), 'replay', 'replay'],
    [
      'credited by another id',
      row('credited', { creditKey: 'C-0' }),
      'ALREADY_GIVEN_BACK',
      'ALREADY_GIVEN_BACK',
    ],
    ['reversed', row('reversed'), 'replay', 'replay'],
    ['refused', row('refused'), 'NOTHING_TO_GIVE_BACK', 'NOTHING_TO_GIVE_BACK'],
    ['not done', row('not_done'), 'NOTHING_TO_GIVE_BACK', 'NOTHING_TO_GIVE_BACK'],
    ['never taken', row('reversed', { sentAtMs: undefined }), 'NOTHING_TO_GIVE_BACK', 'NOTHING_TO_GIVE_BACK'],
    ['the core gave it back', row('reversed', { sentAtMs: undefined, givenBack: {} }), 'replay', 'replay'],
    [
      'of another card',
      row('confirmed', { cardHash: 'other' }),
      'NOTHING_TO_GIVE_BACK',
      'NOTHING_TO_GIVE_BACK',
    ],
  ]
  for (const [what, debit, inTime, late] of cases)
    it(`${what}: ${inTime}; too late to wait for the card's turn: ${late}`, () => {
      expect(decide(rowsOf(debit), credit)).to.equal(inTime)
      expect(decide(rowsOf(debit), { ...credit, isLate: true })).to.equal(late)
    })

  it('is replayed if it has no transaction id', () => {
    const debit = row('credited', { creditKey: 'C-0' })
    expect(decide(rowsOf(debit), { ...credit, creditKey: undefined })).to.equal('replay')
  })

  // Guests moved to another table, and the till refused their credit: "no reward or points were taken".
  it('gives back the debit that it names, even if it is on another bill now', () => {
    const moved = { ...credit, account: 'A-2' }
    expect(decide(rowsOf(row('confirmed')), moved)).to.equal('send')
    const repeated = row('credited', { creditKey: 'C-1' })
    expect(decide(rowsOf(repeated, repeated), moved)).to.equal('replay')
  })

  for (const state of ['sent', 'confirmed', 'in_doubt', 'stuck', 'credited', 'reversed'] as const)
    it(`with another reward or amount than the ${state} debit that it names: CREDIT_DIFFERS`, () => {
      for (const what of [
        { kind: 'coupon', rewardId: 'uc-2' } as const,
        { kind: 'points', points: 5 } as const,
      ])
        expect(decide(rowsOf(row(state)), { ...credit, what })).to.equal('CREDIT_DIFFERS')
    })

  for (const state of ['refused', 'not_done'] as const)
    it(`with another reward than the ${state} debit that it names: NOTHING_TO_GIVE_BACK`, () => {
      const what = { kind: 'coupon', rewardId: 'uc-2' } as const
      expect(decide(rowsOf(row(state)), { ...credit, what })).to.equal('NOTHING_TO_GIVE_BACK')
    })

  it('refuses one transaction id for two credits', () => {
    const sameCredit = row('credited', { id: 'r-0', creditKey: 'C-1' })
    expect(decide(rowsOf(row('confirmed'), sameCredit), credit)).to.equal('DUPLICATE_REFERENCE')
    const byBill = {
      ...credit,
      debitKey: undefined,
      account: 'A-1',
      what: { kind: 'points', points: 7 } as const,
    }
    expect(decide(rowsOf(undefined, sameCredit), byBill)).to.equal('DUPLICATE_REFERENCE')
  })

  it('finds the redemption that it names, at its own venue only', () => {
    const byId = { ...credit, debitKey: undefined, redemptionId: 'r-1', unseenDebit: undefined }
    expect(decide(rowsOf(row('confirmed')), byId)).to.equal('send')
    expect(decide(rowsOf(row('confirmed', { venue: 'w' })), byId)).to.equal('NOTHING_TO_GIVE_BACK')
  })

  it('finds the latest attempt of the debit that it names, or what that was a repeat of', () => {
    const debits = [row('refused', { attempt: 1 }), row('confirmed', { attempt: 2 })]
    expect(decide({ sameCredit: undefined, debits, alias: undefined }, credit)).to.equal('send')
    const alias = row('confirmed', { key: 'T-0' })
    expect(decide({ sameCredit: undefined, debits: [], alias }, credit)).to.equal('send')
    // An attempt that began after it would have ended the alias.
    for (const state of ['not_done', 'reversed', 'refused'] as const)
      expect(
        decideCredit({ sameCredit: undefined, debits: [row(state)], alias }, credit, nowMs),
      ).to.deep.equal({
        do: 'send',
        redemption: alias,
      })
  })

  it('is sent again if its first call could not leave and no debit has come', () => {
    const unsent = row('not_done', { sentAtMs: undefined })
    expect(decide(rowsOf(unsent), credit)).to.equal('send')
    expect(decide(rowsOf(unsent, unsent), credit)).to.equal('send')
    expect(decide(rowsOf(unsent), { ...credit, isLate: true })).to.equal('CORE_UNAVAILABLE')
  })

  it('finds by its bill what stands first, then what is open, then what was given back, then the rest', () => {
    const byBill = { ...credit, debitKey: undefined, account: 'A-1', what: coupon, isLate: true }
    const cases = [
      ['CORE_UNAVAILABLE', row('confirmed', { createdAtMs: nowMs - 9 })],
      ['NOT_GIVEN_BACK_YET', row('confirmed', { createdAtMs: nowMs - 8, undo: undo('till') })],
      ['NOT_GIVEN_BACK_YET', row('in_doubt', { createdAtMs: nowMs - 7 })],
      ['ALREADY_GIVEN_BACK', row('credited', { createdAtMs: nowMs - 6, creditKey: 'C-0' })],
      ['NOTHING_TO_GIVE_BACK', row('refused', { createdAtMs: nowMs - 5 })],
    ] as const
    for (const [index, [expected]] of cases.entries()) {
      const debits = cases.slice(index).map(([, debit]) => debit)
      for (const order of [debits, debits.toReversed()])
        expect(decide({ sameCredit: undefined, debits: order, alias: undefined }, byBill)).to.equal(expected)
    }
    const old = row('confirmed', { createdAtMs: nowMs - 86_400_000 })
    const another = row('confirmed', { createdAtMs: nowMs, what: { kind: 'points', points: 7 } })
    for (const debit of [old, another])
      expect(decide(rowsOf(debit), { ...byBill, unseenDebit: undefined })).to.equal('NOTHING_TO_GIVE_BACK')
  })

  describe('if there is none,', () => {
    const nothing = rowsOf(undefined)
    it('asks the core if it says what was taken and names the debit', () => {
      expect(decide(nothing, { ...credit, what: coupon })).to.equal('adopt')
      expect(decide(nothing, { ...credit, what: coupon, isLate: true })).to.equal('CORE_UNAVAILABLE')
    })
    it('does not ask the core if it does not say what was taken, and refuses a late debit for a day', () => {
      expect(decideCredit(nothing, credit, nowMs)).to.deep.include({
        do: 'leaveTombstone',
        key: 'T-1',
        forMs: 86_400_000,
      })
    })
    it('does not ask the core if only the bill names the debit, and refuses a late debit for a minute', () => {
      const unseenDebit = { key: 'bill', reference: 'r-9', hasTransactionId: false }
      const byBill = { ...credit, debitKey: undefined, account: 'A-1', what: coupon, unseenDebit }
      expect(decideCredit(nothing, byBill, nowMs)).to.deep.include({
        do: 'leaveTombstone',
        key: 'bill',
        forMs: 60_000,
      })
    })
    it('has nothing to give back if it is for points and names only the bill', () => {
      expect(decide(nothing, { ...credit, debitKey: undefined, unseenDebit: undefined })).to.equal(
        'NOTHING_TO_GIVE_BACK',
      )
    })
  })
})
