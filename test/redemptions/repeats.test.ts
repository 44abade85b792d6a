import type { DebitIntent, Redemption, RedemptionState } from '../../src/redemptions/redemption.ts'
import { expect } from 'chai'
import { decideCredit, decideDebit, type CreditQuestion } from '../../src/redemptions/repeats.ts'
import { redemption } from '../support/redemption.ts'

const coupon = { kind: 'coupon', rewardId: 'uc-1' } as const
const secret = { cardNumber: 'CARD0001', apiKey: 'key-of-the-project' }
const common = { venue: 'v', venueId: '1902', cardHash: 'card', cardMasked: '*0001', secret }
const intent: DebitIntent = { ...common, key: 'T-1', isNamed: true, account: 'A-1', what: coupon }
const unnamed: DebitIntent = { ...intent, isNamed: false }
const credit: CreditQuestion = {
  ...common,
  creditKey: 'C-1',
  redemptionId: undefined,
  debitKey: 'T-1',
  account: undefined,
  what: undefined,
  unknown: { key: 'T-1', reference: 'r-1', isNamed: true },
  isLate: false,
}

const row = (state: RedemptionState, more: Partial<Redemption> = {}) => redemption({ state, ...more })

/** What is decided, in a word: what to do, or the code that the till hears. */
const said = (decision: { do: string; code?: string }) => decision.code ?? decision.do

describe('a debit, by what is known of it', () => {
  const known = (sameKey: Redemption | undefined) => ({ sameKey, sameCoupon: undefined, isHeld: false })
  const cases: [what: string, row: Redemption | undefined, withId: string, withoutId: string][] = [
    ['nothing', undefined, 'send', 'send'],
    ['on its way', row('sent'), 'TRY_AGAIN_SHORTLY', 'TRY_AGAIN_SHORTLY'],
    ['left by a crash', row('sent', { isDue: true }), 'TRY_AGAIN_SHORTLY', 'TRY_AGAIN_SHORTLY'],
    ['in doubt', row('in_doubt'), 'TRY_AGAIN_SHORTLY', 'TRY_AGAIN_SHORTLY'],
    ['in doubt, but free', row('in_doubt', { isFreed: true }), 'send', 'send'],
    ['stuck', row('stuck'), 'TRY_AGAIN_SHORTLY', 'TRY_AGAIN_SHORTLY'],
    ['confirmed', row('confirmed'), 'replay', 'replay'],
    ['confirmed, its ticket has come', row('confirmed', { ticketKey: 'B-1' }), 'replay', 'send'],
    ['confirmed, its OK perhaps lost', row('confirmed', { isDue: true }), 'replay', 'replay'],
    [
      'confirmed, being given back',
      row('confirmed', { undoBy: 'till' }),
      'TRY_AGAIN_SHORTLY',
      'TRY_AGAIN_SHORTLY',
    ],
    ['refused', row('refused', { refusedWith: 'REWARD_EXPIRED' }), 'replay', 'send'],
    ['not done', row('not_done'), 'send', 'send'],
    ['credited', row('credited'), 'ALREADY_GIVEN_BACK', 'send'],
    ['reversed by us', row('reversed', { undoBy: 'doubt' }), 'send', 'send'],
    ['reversed by a credit', row('reversed', { undoBy: 'till' }), 'ALREADY_GIVEN_BACK', 'send'],
    [
      'only its credit',
      row('reversed', { wasSent: false, undoBy: 'till' }),
      'ALREADY_GIVEN_BACK',
      'ALREADY_GIVEN_BACK',
    ],
    ['another card', row('confirmed', { cardHash: 'other' }), 'DUPLICATE_REFERENCE', 'DUPLICATE_REFERENCE'],
    ['another bill', row('confirmed', { account: 'A-2' }), 'DUPLICATE_REFERENCE', 'DUPLICATE_REFERENCE'],
    [
      'another reward',
      row('confirmed', { what: { kind: 'coupon', rewardId: 'uc-2' } }),
      'DUPLICATE_REFERENCE',
      'DUPLICATE_REFERENCE',
    ],
    [
      'points instead',
      row('confirmed', { what: { kind: 'points', points: 5 } }),
      'DUPLICATE_REFERENCE',
      'DUPLICATE_REFERENCE',
    ],
  ]
  for (const [what, sameKey, withId, withoutId] of cases)
    it(`${what}: ${withId} with a transaction id, ${withoutId} without`, () => {
      expect(said(decideDebit(known(sameKey), intent))).to.equal(withId)
      expect(said(decideDebit(known(sameKey), unnamed))).to.equal(withoutId)
    })

  it('is the same debit where the card has this coupon on this bill already, under whatever id', () => {
    const sameCoupon = row('confirmed', { key: 'T-0' })
    expect(decideDebit({ sameKey: undefined, sameCoupon, isHeld: false }, intent)).to.deep.equal({
      do: 'replay',
      redemption: sameCoupon,
    })
  })

  it('waits while another debit of the same coupon is not settled', () => {
    expect(said(decideDebit({ sameKey: undefined, sameCoupon: undefined, isHeld: true }, intent))).to.equal(
      'TRY_AGAIN_SHORTLY',
    )
    expect(
      said(decideDebit({ sameKey: row('not_done'), sameCoupon: undefined, isHeld: true }, intent)),
    ).to.equal('TRY_AGAIN_SHORTLY')
  })
})

describe('a credit, by what is known of its debit', () => {
  const cases: [what: string, row: Redemption, inTime: string, late: string][] = [
    ['on its way', row('sent'), 'ask', 'ask'],
    ['left by a crash', row('sent', { isDue: true }), 'send', 'NOT_GIVEN_BACK_YET'],
    ['in doubt', row('in_doubt'), 'send', 'NOT_GIVEN_BACK_YET'],
    ['stuck', row('stuck'), 'send', 'NOT_GIVEN_BACK_YET'],
    ['confirmed', row('confirmed'), 'send', 'CORE_UNAVAILABLE'],
    ['being given back', row('confirmed', { undoBy: 'till' }), 'send', 'NOT_GIVEN_BACK_YET'],
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
      row('reversed', { wasSent: false }),
      'NOTHING_TO_GIVE_BACK',
      'NOTHING_TO_GIVE_BACK',
    ],
    ['the core gave it back', row('reversed', { wasSent: false, givenBack: {} }), 'replay', 'replay'],
    [
      'of another card',
      row('confirmed', { cardHash: 'other' }),
      'NOTHING_TO_GIVE_BACK',
      'NOTHING_TO_GIVE_BACK',
    ],
  ]
  for (const [what, debit, inTime, late] of cases)
    it(`${what}: ${inTime}; too late to wait for the card's turn: ${late}`, () => {
      expect(said(decideCredit({ sameCredit: undefined, debit }, credit))).to.equal(inTime)
      expect(said(decideCredit({ sameCredit: undefined, debit }, { ...credit, isLate: true }))).to.equal(late)
    })

  it('is OK again for a credit without an id of its own', () => {
    const debit = row('credited', { creditKey: 'C-0' })
    expect(
      said(decideCredit({ sameCredit: undefined, debit }, { ...credit, creditKey: undefined })),
    ).to.equal('replay')
  })

  // The guests moved to another table: "no reward or points were taken", said the till.
  it('gives back to another bill what it names', () => {
    const moved = { ...credit, account: 'A-2' }
    expect(said(decideCredit({ sameCredit: undefined, debit: row('confirmed') }, moved))).to.equal('send')
    const repeated = row('credited', { creditKey: 'C-1' })
    expect(said(decideCredit({ sameCredit: repeated, debit: repeated }, moved))).to.equal('replay')
  })

  for (const state of ['sent', 'confirmed', 'in_doubt', 'stuck', 'credited', 'reversed'] as const)
    it(`that says another reward or amount than the ${state} debit that it names took: CREDIT_DIFFERS`, () => {
      for (const what of [
        { kind: 'coupon', rewardId: 'uc-2' } as const,
        { kind: 'points', points: 5 } as const,
      ])
        expect(
          said(decideCredit({ sameCredit: undefined, debit: row(state) }, { ...credit, what })),
        ).to.equal('CREDIT_DIFFERS')
    })

  for (const state of ['refused', 'not_done'] as const)
    it(`that says another reward than a ${state} debit: nothing was taken`, () => {
      const what = { kind: 'coupon', rewardId: 'uc-2' } as const
      expect(said(decideCredit({ sameCredit: undefined, debit: row(state) }, { ...credit, what }))).to.equal(
        'NOTHING_TO_GIVE_BACK',
      )
    })

  it('refuses one transaction id for two credits', () => {
    const sameCredit = row('credited', { id: 'r-0', creditKey: 'C-1' })
    expect(said(decideCredit({ sameCredit, debit: row('confirmed') }, credit))).to.equal(
      'DUPLICATE_REFERENCE',
    )
    const byBill = {
      ...credit,
      debitKey: undefined,
      account: 'A-1',
      what: { kind: 'points', points: 7 } as const,
    }
    expect(said(decideCredit({ sameCredit, debit: undefined }, byBill))).to.equal('DUPLICATE_REFERENCE')
  })

  describe('that is not known here', () => {
    const nothing = { sameCredit: undefined, debit: undefined }
    it('asks the core where the credit says what, and under which reference', () => {
      expect(said(decideCredit(nothing, { ...credit, what: coupon }))).to.equal('adopt')
      expect(said(decideCredit(nothing, { ...credit, what: coupon, isLate: true }))).to.equal(
        'CORE_UNAVAILABLE',
      )
    })
    it('asks nobody where it does not say what, and refuses a late debit for a day', () => {
      expect(decideCredit(nothing, credit)).to.deep.include({ do: 'entomb', key: 'T-1', forMs: 86_400_000 })
    })
    it('asks nobody where only the bill names it, and refuses a late debit for a minute', () => {
      const unknown = { key: 'bill', reference: 'r-9', isNamed: false }
      const byBill = { ...credit, debitKey: undefined, account: 'A-1', what: coupon, unknown }
      expect(decideCredit(nothing, byBill)).to.deep.include({ do: 'entomb', key: 'bill', forMs: 60_000 })
    })
    it('has nothing to say of points by bill', () => {
      expect(said(decideCredit(nothing, { ...credit, debitKey: undefined, unknown: undefined }))).to.equal(
        'NOTHING_TO_GIVE_BACK',
      )
    })
  })
})
