import { expect } from 'chai'
import type { Movement } from '../simulators/core/ledger.ts'
import type { Consumed } from '../support/kafka-consumer.ts'
import { auditRedemptions, auditTickets, findStale, type Row } from './audit.ts'
import type { Belief, Bill, Wish } from './memory.ts'

const kinds = (findings: { kind: string }[]) => findings.map(({ kind }) => kind)

describe('the audit of tickets', () => {
  const bill = (ticketId: string): Bill => ({
    till: 'T1',
    venueId: '3001',
    ticketId,
    cardNumber: 'PUBCARD10001',
    accountNumber: 'A-1',
    closedAt: new Date(),
    totalMinor: 1250,
    coupon: 'uc-1',
    isAccepted: true,
  })
  const record = (ticketId: string, offset: number, changes: { id?: string; coupons?: string[] } = {}) => {
    const { id = `e-${ticketId}`, coupons = ['uc-1'] } = changes
    const value = {
      transaction_id: ticketId,
      type: 'standard',
      timestamp: 1,
      amount: 1250,
      currency: 'GBP',
      venue_id_type: 'CustomParam',
      venue_id: 'aztecVenueId:3001',
      coupons,
      params: { business_date: '2026-01-01' },
    }
    const headers = { ce_id: id, ce_source: '/zonal/venues/3001', ce_subject: ticketId }
    return { partition: 0, offset, key: 'k', value: JSON.stringify(value), headers } satisfies Consumed
  }

  it('passes if each ticket is there once, or more often under the same event id', () => {
    const records = [record('B-1', 0), record('B-2', 1), record('B-1', 2)]
    expect(auditTickets([bill('B-1'), bill('B-2')], records)).to.deep.equal([])
  })

  for (const [what, bills, records, expected] of [
    ['a ticket that is missing', [bill('B-1')], [], ['missing']],
    [
      'a ticket that was never accepted',
      [{ ...bill('B-1'), isAccepted: false }],
      [record('B-1', 0)],
      ['missing'],
    ],
    [
      'a ticket with two event ids',
      [bill('B-1')],
      [record('B-1', 0), record('B-1', 1, { id: 'e-9' })],
      ['doubled'],
    ],
    ['a ticket that nobody sent', [], [record('B-1', 0)], ['differing']],
    ['a ticket without its reward', [bill('B-1')], [record('B-1', 0, { coupons: [] })], ['differing']],
    [
      'a ticket that overtook another',
      [bill('B-1'), bill('B-2')],
      [record('B-2', 0), record('B-1', 1)],
      ['differing'],
    ],
  ] as const)
    it(`finds ${what}`, () => {
      expect(kinds(auditTickets([...bills], [...records]))).to.deep.equal(expected)
    })
})

describe('the audit of redemptions', () => {
  const wish = (belief: Belief): Wish => ({
    venueId: '3001',
    cardNumber: 'PUBCARD10001',
    accountNumber: 'A-1',
    what: { kind: 'points', points: 10 },
    transactionId: 'T-1',
    asked: new Set(['T-1']),
    belief,
    oks: [],
  })
  const movement = (operation: Movement['operation'], reference = 'r-1'): Movement => ({
    operation,
    project: 'p',
    card: 'PUBCARD10001',
    what: 10,
    reference,
    reply: {},
  })
  const row = (state: string, id = 'r-1'): Row => ({ id, key: 'T-1', state, undoBy: null })
  const audit = (
    belief: Belief,
    rows: Row[],
    movements: Movement[],
    { points = 90, isExcused = false } = {},
  ) =>
    kinds(
      auditRedemptions({
        wishes: [wish(belief)],
        rows,
        movements,
        keysOf: ({ asked }) => [...asked].map(String),
        isExcused: () => isExcused,
        startPoints: 100,
        pointsOf: () => points,
      }),
    )
  const takenOnce = [movement('debit')]
  const givenBack = [movement('debit'), movement('credit')]

  it('passes if the tills, the journal and the core agree', () => {
    expect(audit('taken', [row('confirmed')], takenOnce)).to.deep.equal([])
    expect(audit('not taken', [row('reversed')], givenBack, { points: 100 })).to.deep.equal([])
    expect(audit('unsure', [row('confirmed')], takenOnce)).to.deep.equal([])
    expect(audit('unsure', [row('credited')], givenBack, { points: 100 })).to.deep.equal([])
  })

  it('finds an answer to a till that is not true', () => {
    expect(audit('not taken', [row('confirmed')], takenOnce)).to.deep.equal(['differing'])
    expect(audit('taken', [row('reversed')], givenBack, { points: 100 })).to.deep.equal(['differing'])
  })

  it('distinguishes the cost of a kill from a mistake', () => {
    const told = { points: 100, isExcused: true }
    expect(audit('taken', [row('reversed')], givenBack, told)).to.deep.equal(['cost'])
  })

  it('finds points that are taken twice', () => {
    const rows = [row('confirmed'), row('confirmed', 'r-2')]
    const movements = [movement('debit'), movement('debit', 'r-2')]
    expect(audit('taken', rows, movements, { points: 80 })).to.deep.equal(['doubled'])
  })

  it('finds a redemption about which the journal and the core do not agree', () => {
    expect(audit('unsure', [row('reversed')], takenOnce)).to.deep.equal(['differing'])
    expect(audit('unsure', [row('confirmed')], [], { points: 100 })).to.deep.equal(['differing'])
    expect(audit('unsure', [], takenOnce, { points: 100 })).to.deep.equal(['differing'])
  })

  it('finds an OK that left long after its confirmation', () => {
    const heardAtMs = 10_000
    const stale = (confirmedForMs: number, isReplayed = false) => {
      const ok = { redemptionId: 'r-1', replica: 0, askedAtMs: 0, heardAtMs, isReplayed }
      const confirmedAtMs = performance.timeOrigin + heardAtMs - confirmedForMs
      return kinds(findStale([{ ...wish('taken'), oks: [ok] }], new Map([['r-1', confirmedAtMs]])))
    }
    expect(stale(100)).to.deep.equal([])
    expect(stale(7_000)).to.deep.equal(['stale'])
    expect(stale(7_000, true), 'from memory').to.deep.equal([])
  })

  it('finds points that have disappeared', () => {
    expect(audit('taken', [row('confirmed')], takenOnce, { points: 80 })).to.deep.equal(['differing'])
  })
})
