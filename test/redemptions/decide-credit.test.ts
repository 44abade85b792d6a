import { expect } from 'chai'
import { decideCredit, type CreditQuestion, type KnownCredit } from '../../src/redemptions/decide-credit.ts'
import type { Redemption, RedemptionState } from '../../src/redemptions/redemption.ts'
import { redemption, undo } from '../support/redemption.ts'

const nowMs = 100_000_000
const coupon = { kind: 'coupon', rewardId: 'uc-1' } as const
const credit: CreditQuestion = {
  venue: 'v',
  venueId: '1902',
  tenant: 'tenant',
  cardHash: 'card',
  cardMasked: '*0001',
  secret: { cardNumber: 'CARD0001', apiKey: 'key-of-the-project' },
  creditKey: 'C-1',
  redemptionId: undefined,
  debitKey: 'T-1',
  account: undefined,
  what: undefined,
  unknown: { key: 'T-1', reference: 'r-1', hasTransactionId: true },
  isLate: false,
}

const row = (state: RedemptionState, more: Partial<Redemption> = {}) => redemption({ state, ...more })
const known = (debit: Redemption | undefined, sameCredit?: Redemption): KnownCredit => ({
  sameCredit,
  debits: debit ? [debit] : [],
  alias: undefined,
})

/** What is decided, in a word: what to do, or the code that the till hears. */
const decide = (found: KnownCredit, question: CreditQuestion) => {
  const decision = decideCredit(found, question, nowMs)
  return decision.do === 'refuse' ? decision.code : decision.do
}

describe('a credit, by what is known of its debit', () => {
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
    [
      'nothing was there',
      row('reversed', { sentAtMs: undefined }),
      'NOTHING_TO_GIVE_BACK',
      'NOTHING_TO_GIVE_BACK',
    ],
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
      expect(decide(known(debit), credit)).to.equal(inTime)
      expect(decide(known(debit), { ...credit, isLate: true })).to.equal(late)
    })

  it('is OK again for a credit without an id of its own', () => {
    const debit = row('credited', { creditKey: 'C-0' })
    expect(decide(known(debit), { ...credit, creditKey: undefined })).to.equal('replay')
  })

  // The guests moved to another table: "no reward or points were taken", said the till.
  it('gives back to another bill what it names', () => {
    const moved = { ...credit, account: 'A-2' }
    expect(decide(known(row('confirmed')), moved)).to.equal('send')
    const repeated = row('credited', { creditKey: 'C-1' })
    expect(decide(known(repeated, repeated), moved)).to.equal('replay')
  })

  for (const state of ['sent', 'confirmed', 'in_doubt', 'stuck', 'credited', 'reversed'] as const)
    it(`that says another reward or amount than the ${state} debit that it names took: CREDIT_DIFFERS`, () => {
      for (const what of [
        { kind: 'coupon', rewardId: 'uc-2' } as const,
        { kind: 'points', points: 5 } as const,
      ])
        expect(decide(known(row(state)), { ...credit, what })).to.equal('CREDIT_DIFFERS')
    })

  for (const state of ['refused', 'not_done'] as const)
    it(`that says another reward than a ${state} debit: nothing was taken`, () => {
      const what = { kind: 'coupon', rewardId: 'uc-2' } as const
      expect(decide(known(row(state)), { ...credit, what })).to.equal('NOTHING_TO_GIVE_BACK')
    })

  it('refuses one transaction id for two credits', () => {
    const sameCredit = row('credited', { id: 'r-0', creditKey: 'C-1' })
    expect(decide(known(row('confirmed'), sameCredit), credit)).to.equal('DUPLICATE_REFERENCE')
    const byBill = {
      ...credit,
      debitKey: undefined,
      account: 'A-1',
      what: { kind: 'points', points: 7 } as const,
    }
    expect(decide(known(undefined, sameCredit), byBill)).to.equal('DUPLICATE_REFERENCE')
  })

  it('is about the redemption that it names, at its own venue only', () => {
    const byId = { ...credit, debitKey: undefined, redemptionId: 'r-1', unknown: undefined }
    expect(decide(known(row('confirmed')), byId)).to.equal('send')
    expect(decide(known(row('confirmed', { venue: 'w' })), byId)).to.equal('NOTHING_TO_GIVE_BACK')
  })

  it('is about the latest attempt of the debit that it names, or what that was a repeat of', () => {
    const debits = [row('refused', { attempt: 1 }), row('confirmed', { attempt: 2 })]
    expect(decide({ sameCredit: undefined, debits, alias: undefined }, credit)).to.equal('send')
    const alias = row('confirmed', { key: 'T-0' })
    expect(decide({ sameCredit: undefined, debits: [], alias }, credit)).to.equal('send')
  })

  it('is by its bill about what stands, then what is open, then what was given back, then the rest', () => {
    const byBill = { ...credit, debitKey: undefined, account: 'A-1', what: coupon, isLate: true }
    const rows = [
      ['CORE_UNAVAILABLE', row('confirmed', { createdAtMs: nowMs - 9 })],
      ['NOT_GIVEN_BACK_YET', row('confirmed', { createdAtMs: nowMs - 8, undo: undo('till') })],
      ['NOT_GIVEN_BACK_YET', row('in_doubt', { createdAtMs: nowMs - 7 })],
      ['ALREADY_GIVEN_BACK', row('credited', { createdAtMs: nowMs - 6, creditKey: 'C-0' })],
      ['NOTHING_TO_GIVE_BACK', row('refused', { createdAtMs: nowMs - 5 })],
    ] as const
    for (const [index, [said]] of rows.entries()) {
      const debits = rows.slice(index).map(([, debit]) => debit)
      for (const order of [debits, debits.toReversed()])
        expect(decide({ sameCredit: undefined, debits: order, alias: undefined }, byBill)).to.equal(said)
    }
    const old = row('confirmed', { createdAtMs: nowMs - 86_400_000 })
    const another = row('confirmed', { createdAtMs: nowMs, what: { kind: 'points', points: 7 } })
    for (const debit of [old, another])
      expect(decide(known(debit), { ...byBill, unknown: undefined })).to.equal('NOTHING_TO_GIVE_BACK')
  })

  describe('that is not known here', () => {
    const nothing = known(undefined)
    it('asks the core if the credit says what, and under which reference', () => {
      expect(decide(nothing, { ...credit, what: coupon })).to.equal('adopt')
      expect(decide(nothing, { ...credit, what: coupon, isLate: true })).to.equal('CORE_UNAVAILABLE')
    })
    it('asks nobody if it does not say what, and refuses a late debit for a day', () => {
      expect(decideCredit(nothing, credit, nowMs)).to.deep.include({
        do: 'leaveTombstone',
        key: 'T-1',
        forMs: 86_400_000,
      })
    })
    it('asks nobody if only the bill names it, and refuses a late debit for a minute', () => {
      const unknown = { key: 'bill', reference: 'r-9', hasTransactionId: false }
      const byBill = { ...credit, debitKey: undefined, account: 'A-1', what: coupon, unknown }
      expect(decideCredit(nothing, byBill, nowMs)).to.deep.include({
        do: 'leaveTombstone',
        key: 'bill',
        forMs: 60_000,
      })
    })
    it('has nothing to say of points by bill', () => {
      expect(decide(nothing, { ...credit, debitKey: undefined, unknown: undefined })).to.equal(
        'NOTHING_TO_GIVE_BACK',
      )
    })
  })
})
