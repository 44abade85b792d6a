import { expect } from 'chai'
import { decideDebit, isTakenLater } from '../../src/redemptions/decide-debit.ts'
import type { DebitIntent, Redemption, RedemptionState } from '../../src/redemptions/redemption.ts'
import { couponDebit, redemption, undo } from '../support/redemption.ts'

const nowMs = 100_000_000
const intent = couponDebit
const intentWithoutId: DebitIntent = { ...intent, hasTransactionId: false }

const row = (state: RedemptionState, more: Partial<Redemption> = {}) => redemption({ state, ...more })

/** The decision in one word: what to do, or the code for the till. */
const toWord = (decision: { do: string; code?: string }) => decision.code ?? decision.do

describe('a debit, decided by its rows,', () => {
  const rowsOf = (sameKey: Redemption | undefined, ofCoupon: Redemption[] = []) => ({
    attempts: sameKey ? [sameKey] : [],
    alias: undefined,
    ofCoupon,
  })
  const cases: [what: string, row: Redemption | undefined, withId: string, withoutId: string][] = [
    ['no row', undefined, 'send', 'send'],
    ['on its way', row('sent'), 'TRY_AGAIN_SHORTLY', 'TRY_AGAIN_SHORTLY'],
    ['left by a crash', row('sent', { dueAtMs: nowMs }), 'TRY_AGAIN_SHORTLY', 'TRY_AGAIN_SHORTLY'],
    ['in doubt', row('in_doubt'), 'TRY_AGAIN_SHORTLY', 'TRY_AGAIN_SHORTLY'],
    ['in doubt, but free', row('in_doubt', { undo: undo('doubt', { last: 'nothing' }) }), 'send', 'send'],
    ['stuck', row('stuck'), 'TRY_AGAIN_SHORTLY', 'TRY_AGAIN_SHORTLY'],
    ['confirmed', row('confirmed'), 'replay', 'replay'],
    ['confirmed, its ticket has come', row('confirmed', { ticketKey: 'B-1' }), 'replay', 'send'],
    ['confirmed, its OK perhaps lost', row('confirmed', { dueAtMs: nowMs }), 'replay', 'replay'],
    [
      'confirmed, being given back',
      row('confirmed', { undo: undo('till') }),
      'TRY_AGAIN_SHORTLY',
      'TRY_AGAIN_SHORTLY',
    ],
    ['refused', row('refused', { refusedWith: 'REWARD_EXPIRED' }), 'replay', 'send'],
    ['not done', row('not_done'), 'send', 'send'],
    ['credited', row('credited'), 'ALREADY_GIVEN_BACK', 'send'],
    ['reversed by us', row('reversed', { undo: undo('doubt') }), 'send', 'send'],
    ['reversed by a credit', row('reversed', { undo: undo('till') }), 'ALREADY_GIVEN_BACK', 'send'],
    [
      'only its credit has come',
      row('reversed', { sentAtMs: undefined, undo: undo('till') }),
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
      expect(toWord(decideDebit(rowsOf(sameKey), intent, nowMs))).to.equal(withId)
      expect(toWord(decideDebit(rowsOf(sameKey), intentWithoutId, nowMs))).to.equal(withoutId)
    })

  const dayMs = 86_400_000
  const taken = (more: Partial<Redemption> = {}) =>
    row('confirmed', { id: 'r-0', key: 'T-0', confirmedAtMs: nowMs - 1, ...more })

  it('is the same debit if the card already has this coupon on this bill, whatever the transaction id', () => {
    const sameCoupon = taken()
    expect(decideDebit(rowsOf(undefined, [sameCoupon]), intent, nowMs)).to.deep.equal({
      do: 'replay',
      redemption: sameCoupon,
    })
  })

  for (const [what, more] of [
    ['its ticket has come', { ticketKey: 'B-1' }],
    ['it was taken a day ago', { confirmedAtMs: nowMs - dayMs }],
    ['it was taken on another bill', { account: 'A-2' }],
    ['it was taken at another venue', { venue: 'w' }],
  ] as const)
    it(`is a new one if ${what}`, () => {
      expect(toWord(decideDebit(rowsOf(undefined, [taken(more)]), intent, nowMs))).to.equal('send')
    })

  it('has to wait while another debit of the same coupon is not settled', () => {
    for (const other of [
      row('sent', { key: 'T-0' }),
      row('in_doubt', { key: 'T-0', undo: undo('doubt') }),
      taken({ undo: undo('till') }),
      taken({ undo: undo('till'), tenant: undefined }),
    ]) {
      expect(toWord(decideDebit(rowsOf(undefined, [other]), intent, nowMs))).to.equal('TRY_AGAIN_SHORTLY')
      expect(toWord(decideDebit(rowsOf(row('not_done'), [other]), intent, nowMs))).to.equal(
        'TRY_AGAIN_SHORTLY',
      )
    }
  })

  // With another project's key somebody could block a guest's coupons by sending the card number.
  it('does not wait for one of another project, nor for one that took nothing at the core', () => {
    for (const other of [
      row('sent', { key: 'T-0', tenant: 'other' }),
      row('in_doubt', { key: 'T-0', undo: undo('doubt', { last: 'nothing' }) }),
    ])
      expect(toWord(decideDebit(rowsOf(undefined, [other]), intent, nowMs))).to.equal('send')
  })

  it('is remembered for a day, and for as long as it is not settled', () => {
    const ended = { keyUntilMs: nowMs }
    expect(toWord(decideDebit(rowsOf(row('confirmed', ended)), intent, nowMs))).to.equal('send')
    expect(toWord(decideDebit(rowsOf(row('stuck', ended)), intent, nowMs))).to.equal('TRY_AGAIN_SHORTLY')
    expect(toWord(decideDebit(rowsOf(row('sent', { ...ended, dueAtMs: 1 })), intent, nowMs))).to.equal(
      'TRY_AGAIN_SHORTLY',
    )
  })

  it('repeats an attempt that was not done, and makes a new one otherwise', () => {
    const again = row('not_done', { attempt: 2 })
    expect(decideDebit(rowsOf(again), intent, nowMs)).to.deep.equal({ do: 'send', attempt: 2, again })
    expect(decideDebit(rowsOf(row('credited', { attempt: 2 })), intentWithoutId, nowMs)).to.deep.equal({
      do: 'send',
      attempt: 3,
    })
    const ofCredit = row('not_done', { key: 'by-id', sentAtMs: undefined, attempt: 7 })
    expect(decideDebit(rowsOf(ofCredit), intent, nowMs)).to.include({ do: 'send', attempt: 1 })
  })

  it('is still a repeat of the debit that it was a repeat of before', () => {
    const alias = taken()
    expect(decideDebit({ attempts: [], alias, ofCoupon: [] }, intent, nowMs)).to.include({ do: 'replay' })
    for (const state of ['not_done', 'reversed'] as const)
      expect(decideDebit({ attempts: [row(state)], alias, ofCoupon: [] }, intent, nowMs)).to.deep.equal({
        do: 'replay',
        redemption: alias,
      })
  })

  it('is a repeat of its own attempt again if the debit that it was a repeat of is not remembered any more', () => {
    const alias = taken({ keyUntilMs: nowMs })
    const own = row('refused', { refusedWith: 'REWARD_EXPIRED' })
    expect(decideDebit({ attempts: [own], alias, ofCoupon: [] }, intent, nowMs)).to.deep.equal({
      do: 'replay',
      redemption: own,
    })
  })
})

describe('a lost call of a coupon', () => {
  const lost = row('in_doubt', { sentAtMs: 5 })
  const other = (more: Partial<Redemption>) => row('confirmed', { key: 'T-2', sentAtMs: 6, ...more })

  it('cannot have taken the coupon if a later debit has', () => {
    expect(isTakenLater(lost, [lost, other({})])).to.equal(true)
    for (const more of [{ sentAtMs: 5 }, { tenant: 'other' }, { state: 'sent' } as const])
      expect(isTakenLater(lost, [other(more)])).to.equal(false)
  })
})
