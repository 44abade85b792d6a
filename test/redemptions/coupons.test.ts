import type { CardBill, Redemption } from '../../src/redemptions/redemption.ts'
import { expect } from 'chai'
import fc from 'fast-check'
import { decideCoupons, type CouponsDecision } from '../../src/redemptions/coupons.ts'
import { redemption } from '../support/redemption.ts'

const openMs = 1_000_000
const closedMs = 2_000_000
const bill = (more: Partial<CardBill> = {}): CardBill => ({
  venue: 'v',
  cardHash: 'card',
  ticketKey: 'B-1',
  kind: 'sale',
  account: 'A-1',
  fromMs: openMs,
  toMs: closedMs,
  named: [],
  ...more,
})
const coupon = (rewardId: string) => ({ kind: 'coupon', rewardId }) as const
const redeemed = (more: Partial<Redemption> = {}) =>
  redemption({ state: 'confirmed', what: coupon('uc-1'), confirmedAtMs: openMs + 1, ...more })
const other = redeemed({ id: 'r-2', what: coupon('uc-2') })

describe('the coupons of a closed bill', () => {
  const cases: [
    what: string,
    bill: Partial<CardBill>,
    redemptions: Redemption[],
    coupons: string[],
    claims: string[],
  ][] = [
    ['are those that were taken on it', {}, [redeemed(), other], ['uc-1', 'uc-2'], ['r-1', 'r-2']],
    ['include one taken at its first moment', {}, [redeemed({ confirmedAtMs: openMs })], ['uc-1'], ['r-1']],
    ['do not include one taken before it', {}, [redeemed({ confirmedAtMs: openMs - 1 })], [], []],
    ['do not include one taken after it', {}, [redeemed({ confirmedAtMs: closedMs + 1 })], [], []],
    ['do not include one of another bill', {}, [redeemed({ account: 'A-2' })], [], []],
    [
      'do not include one without an account if the bill has none either',
      { account: undefined },
      [redeemed({ account: undefined })],
      [],
      [],
    ],
    ['do not include one that went out with another ticket', {}, [redeemed({ ticketKey: 'B-0' })], [], []],
    [
      'are those that went out with it if it is reopened, whenever it is closed',
      { fromMs: closedMs },
      [redeemed({ ticketKey: 'B-1' })],
      ['uc-1'],
      ['r-1'],
    ],
    [
      'include a redemption that is named, of any table and at any time',
      { named: [{ redemptionId: 'r-1' }] },
      [redeemed({ account: 'A-9', confirmedAtMs: 1 })],
      ['uc-1'],
      ['r-1'],
    ],
    [
      'do not include a redemption of another card, even if it is named',
      { named: [{ redemptionId: 'r-1', rewardId: 'uc-1' }] },
      [redeemed({ cardHash: 'other' })],
      [],
      [],
    ],
    [
      'do not include a redemption of another venue, even if it is named',
      { named: [{ redemptionId: 'r-1', rewardId: 'uc-1' }] },
      [redeemed({ venue: 'w' })],
      [],
      [],
    ],
    [
      'do not include a redemption that was given back, even if it is named',
      { named: [{ redemptionId: 'r-1', rewardId: 'uc-1' }] },
      [redeemed({ state: 'credited' })],
      [],
      [],
    ],
    [
      'are only those that are named, if any are',
      { named: [{ redemptionId: 'r-2' }] },
      [redeemed(), other],
      ['uc-2'],
      ['r-2'],
    ],
    [
      'include one that is named, even if another ticket had it without naming it',
      { named: [{ redemptionId: 'r-1' }] },
      [redeemed({ ticketKey: 'B-0' })],
      ['uc-1'],
      ['r-1'],
    ],
    [
      'do not include one that is named if another ticket has named it before',
      { named: [{ redemptionId: 'r-1' }] },
      [redeemed({ ticketKey: 'B-0', isNamedByTicket: true })],
      [],
      [],
    ],
    [
      'include the latest one on the bill if only its reward is named',
      { named: [{ rewardId: 'uc-1' }] },
      [redeemed({ id: 'r-0' }), redeemed()],
      ['uc-1'],
      ['r-1'],
    ],
    ...(['credited', 'reversed', 'in_doubt', 'stuck', 'sent'] as const).map(
      (state): (typeof cases)[number] => [
        `do not include one that is ${state}, even if its reward is named`,
        { named: [{ rewardId: 'uc-1' }] },
        [redeemed({ state })],
        [],
        [],
      ],
    ),
    [
      'include one that was taken again after it was given back, if its reward is named',
      { named: [{ rewardId: 'uc-1' }] },
      [redeemed({ id: 'r-0', state: 'credited' }), redeemed()],
      ['uc-1'],
      ['r-1'],
    ],
    [
      'include a reward that is named, of which we only know that a debit was refused',
      { named: [{ rewardId: 'uc-1' }] },
      [redeemed({ state: 'refused' }), redeemed({ id: 'r-2', state: 'not_done' })],
      ['uc-1'],
      [],
    ],
    [
      'include a reward that is named, if only another card has given it back',
      { named: [{ rewardId: 'uc-1' }] },
      [redeemed({ state: 'credited', cardHash: 'other' })],
      ['uc-1'],
      [],
    ],
    [
      'include one of any time if its reward is named',
      { named: [{ rewardId: 'uc-1' }] },
      [redeemed({ account: 'A-9', confirmedAtMs: openMs - 1 })],
      ['uc-1'],
      ['r-1'],
    ],
    [
      'include the one in time, of several whose reward is named',
      { named: [{ rewardId: 'uc-1' }] },
      [redeemed(), redeemed({ id: 'r-later', confirmedAtMs: closedMs + 1 })],
      ['uc-1'],
      ['r-1'],
    ],
    [
      'include a reward that is named without a redemption, besides those that were taken',
      { named: [{ rewardId: 'uc-9' }] },
      [redeemed()],
      ['uc-1', 'uc-9'],
      ['r-1'],
    ],
    [
      'include the reward of a named redemption that is not ours',
      { named: [{ redemptionId: 'theirs', rewardId: 'uc-9' }] },
      [],
      ['uc-9'],
      [],
    ],
    [
      'do not include a reward that another ticket has named before',
      { named: [{ rewardId: 'uc-1' }] },
      [redeemed({ ticketKey: 'B-0', isNamedByTicket: true })],
      [],
      [],
    ],
    [
      'do not include a reward that another ticket has named before, whenever it was taken',
      { named: [{ rewardId: 'uc-1' }] },
      [redeemed({ ticketKey: 'B-0', isNamedByTicket: true, confirmedAtMs: openMs - 1 })],
      [],
      [],
    ],
    ['are none for points', { named: [{ points: 200 }] }, [], [], []],
    [
      'are those that went out if it is void, which claims none',
      { kind: 'void' },
      [redeemed({ ticketKey: 'B-1' })],
      ['uc-1'],
      [],
    ],
    [
      'are those that were taken if its void comes before its sale',
      { kind: 'void' },
      [redeemed()],
      ['uc-1'],
      [],
    ],
    [
      'are those that went out with its sale if it is a refund',
      { kind: 'refund' },
      [redeemed({ ticketKey: 'B-1' })],
      ['uc-1'],
      ['r-1'],
    ],
    ['do not include those of the open bill if it is a refund', { kind: 'refund' }, [redeemed()], [], []],
  ]
  for (const [what, more, redemptions, coupons, claims] of cases)
    it(what, () => {
      const decision = decideCoupons(bill(more), redemptions)
      expect(decision.coupons).to.deep.equal(coupons)
      expect(decision.claims.map((claim) => claim.redemption.id)).to.deep.equal(claims)
      const freed = more.kind === 'void' ? redemptions.filter(({ ticketKey }) => ticketKey === 'B-1') : []
      expect(decision.releases).to.deep.equal(freed)
    })

  it('stay named by a ticket that comes again without their names', () => {
    const named = decideCoupons(bill({ named: [{ redemptionId: 'r-1' }] }), [redeemed(), other])
    expect(named.claims.map(toPair)).to.deep.equal([{ id: 'r-1', isNamed: true }])
    const again = decideCoupons(bill(), [redeemed({ ticketKey: 'B-1', isNamedByTicket: true }), other])
    expect(again.claims.map(toPair)).to.deep.equal([
      { id: 'r-1', isNamed: true },
      { id: 'r-2', isNamed: false },
    ])
  })

  it('go out with one ticket each, however a bill is split and its parts are ordered', () => {
    const part = fc.record({
      ticketKey: fc.constantFrom('B-1', 'B-2', 'B-3'),
      names: fc.option(
        fc.constantFrom<CardBill['named'][number]>(
          { redemptionId: 'r-1' },
          { redemptionId: 'r-2' },
          { rewardId: 'uc-1' },
          { rewardId: 'uc-2' },
        ),
      ),
      kind: fc.constantFrom('sale', 'refund' as const),
      fromMs: fc.constantFrom(openMs, closedMs),
    })
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
        let redemptions = [redeemed(), other]
        for (const { ticketKey, names, kind, fromMs } of parts) {
          const named = names === null ? [] : [names]
          const before = redemptions
          const { claims, coupons } = decideCoupons(
            bill({ ticketKey, named, kind, fromMs } as Partial<CardBill>),
            redemptions,
          )
          redemptions = redemptions.map((one) => {
            const claim = claims.find((each) => each.redemption.id === one.id)
            return claim ? { ...one, ticketKey, isNamedByTicket: claim.isNamed } : one
          })
          for (const { id, what } of redemptions) {
            const isNamed =
              names?.redemptionId === id || (what?.kind === 'coupon' && names?.rewardId === what.rewardId)
            const held = before.find((one) => one.id === id)
            const isElsewhere = held?.ticketKey !== undefined && held.ticketKey !== ticketKey
            if (isElsewhere && (held.isNamedByTicket || !isNamed))
              expect(coupons).to.not.include(what?.kind === 'coupon' && what.rewardId)
          }
        }
      }),
    )
  })
})

function toPair({ redemption: { id }, isNamed }: CouponsDecision['claims'][number]) {
  return { id, isNamed }
}
