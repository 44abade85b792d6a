import { expect } from 'chai'
import fc from 'fast-check'
import type { Ticket } from '../../src/model/words.ts'
import { ticketEvent, toEvent } from '../../src/tickets/event.ts'
import { closedBill } from './closed-bill.ts'

const settings = { venueParameter: 'aztecVenueId' }

describe('the event of a closed bill', () => {
  it('has the CloudEvents attributes in its headers', () => {
    const { key, headers } = toEvent(closedBill(), settings)
    expect(key).to.equal('1902|A-12')
    expect(headers).to.deep.equal({
      ce_specversion: '1.0',
      ce_id: 'a3f1c9e2-5c0b-5d8e-9b7a-0d8f5b2c4e61',
      ce_source: '/zonal/venues/1902',
      ce_type: 'com.trifftloyalty.zonal.ticket.closed.v1',
      ce_time: '2026-11-23T21:15:00.999Z',
      ce_subject: 'B-77',
      ce_partitionkey: '1902|A-12',
      'content-type': 'application/json',
      traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
      tenant: '9f86d081884c7d65',
    })
  })

  it('leaves out of its value the fields that are not known', () => {
    expect(JSON.parse(toEvent(closedBill(), settings).value)).to.deep.equal({
      transaction_id: 'B-77',
      type: 'standard',
      timestamp: 1795468500,
      amount: 550,
      currency: 'GBP',
      venue_id_type: 'CustomParam',
      venue_id: 'aztecVenueId:1902',
      items: [{ sku: '10000000123', amount: 550 }],
      params: { business_date: '2026-11-23' },
    })
  })

  it("has all that is known under the names of TRIFFT's Create a Transaction", () => {
    const { value } = toEvent(closedBill({ coupons: ['uc-1', 'uc-2'], ticket: fullTicket }), settings)
    expect(JSON.parse(value)).to.deep.equal({
      transaction_id: 'B-77',
      type: 'standard',
      timestamp: 1795468500,
      member_id_type: 'CardID',
      member_id: 'URCARD123',
      amount: 1260,
      currency: 'EUR',
      venue_id_type: 'CustomParam',
      venue_id: 'aztecVenueId:1902',
      items: [
        {
          sku: '9223372036854775807',
          name: 'Ale',
          qty: 1.5,
          price: 500,
          amount: 750,
          tax: 125,
          discount: -50,
          category: 'Drinks',
          portion: 'Pint',
        },
        { name: 'Soup' },
      ],
      coupons: ['uc-1', 'uc-2'],
      params: {
        business_date: '2026-11-23',
        opened_at: 1795464900,
        account_number: 'A-12',
        pos_transaction_id: 'T-1',
        site_id: '12',
        site_ref: 'crown',
        sales_area_id: '3',
        terminal_id: '7',
        staff_id: '42',
        covers: 0,
        tips: 100,
        service_charge: 0,
        payments: [{ type: 'Cash', amount: 1000 }, { type: 'Card' }],
        discounts: [{ id: '12', name: '10 %', amount: -126 }],
        redemptions: [{ redemption_id: 'r-1', points: 200 }, { reward_id: 'uc-1' }],
      },
    })
  })

  const kinds = [
    ['sale', 'standard', 'com.trifftloyalty.zonal.ticket.closed.v1'],
    ['void', 'void', 'com.trifftloyalty.zonal.ticket.voided.v1'],
    ['refund', 'refund', 'com.trifftloyalty.zonal.ticket.refunded.v1'],
  ] as const
  for (const [kind, type, ceType] of kinds) {
    it(`of a ${kind} has the type ${type}`, () => {
      const { value, headers } = toEvent(closedBill({ ticket: { kind } }), settings)
      expect(JSON.parse(value)).to.include({ type })
      expect(headers).to.include({ ce_type: ceType })
    })
  }

  it('follows its schema, without null and without an empty list, whatever the bill', () => {
    fc.assert(
      fc.property(anyTicket, fc.array(fc.string()), (ticket, coupons) => {
        const { value } = toEvent(closedBill({ coupons, ticket }), settings)
        // The schema drops what it does not know, so an unknown name would show as a difference.
        expect(ticketEvent.parse(JSON.parse(value))).to.deep.equal(JSON.parse(value))
        expect(everyValue(JSON.parse(value))).to.not.include(null)
        expect(everyValue(JSON.parse(value)).filter((part) => Array.isArray(part) && part.length === 0)).to.be
          .empty
      }),
    )
  })

  it('has the card in its value only', () => {
    const anyCard = fc.stringMatching(/^[A-Z0-9]{8,32}$/)
    fc.assert(
      fc.property(anyCard, anyTicket, (cardNumber, ticket) => {
        fc.pre(!ticket.ticketId.includes(cardNumber))
        const { key, value, headers } = toEvent(closedBill({ ticket: { ...ticket, cardNumber } }), settings)
        expect(JSON.parse(value)).to.include({ member_id_type: 'CardID', member_id: cardNumber })
        expect(JSON.stringify({ key, headers })).to.not.include(cardNumber)
      }),
    )
  })
})

const fullTicket: Partial<Ticket> = {
  currency: 'EUR',
  totalMinor: 1260,
  cardNumber: 'URCARD123',
  openedAtMs: Date.UTC(2026, 10, 23, 20, 15),
  accountNumber: 'A-12',
  transactionId: 'T-1',
  siteId: '12',
  siteRef: 'crown',
  salesAreaId: '3',
  terminalId: '7',
  staffId: '42',
  covers: 0,
  tipsMinor: 100,
  serviceChargeMinor: 0,
  items: [
    {
      id: '9223372036854775807',
      name: 'Ale',
      quantity: 1.5,
      unitPriceMinor: 500,
      totalMinor: 750,
      taxMinor: 125,
      discountMinor: -50,
      category: 'Drinks',
      portion: 'Pint',
    },
    { name: 'Soup' },
  ],
  payments: [{ type: 'Cash', amountMinor: 1000 }, { type: 'Card' }],
  discounts: [{ id: '12', name: '10 %', amountMinor: -126 }],
  redemptions: [{ redemptionId: 'r-1', points: 200 }, { rewardId: 'uc-1' }],
}

const some = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: undefined })
const minor = fc.integer()
const anyTicket = fc.record({
  ticketId: fc.string({ minLength: 1 }),
  kind: fc.constantFrom('sale', 'void', 'refund'),
  totalMinor: minor,
  cardNumber: some(fc.string({ minLength: 4 })),
  openedAtMs: some(fc.nat()),
  accountNumber: some(fc.string()),
  staffId: some(fc.string()),
  covers: some(fc.nat()),
  tipsMinor: some(minor),
  items: fc.array(
    fc.record({ id: some(fc.string()), quantity: some(fc.float({ noNaN: true, noDefaultInfinity: true })), totalMinor: some(minor) }), // prettier-ignore
  ),
  payments: fc.array(fc.record({ type: some(fc.string()), amountMinor: some(minor) })),
  discounts: fc.array(fc.record({ name: some(fc.string()), amountMinor: some(minor) })),
  redemptions: fc.array(fc.record({ rewardId: some(fc.string()), points: some(fc.nat()) })),
})

function everyValue(value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null) return [value]
  return [value, ...Object.values(value).flatMap(everyValue)]
}
