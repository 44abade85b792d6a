import { expect } from 'chai'
import { read } from '../dialects/json/read.ts'
import { least, parse } from './parse-ticket.ts'
import { refusalOf } from './refusal-of.ts'

describe('a ticket', () => {
  it('needs an id, a time and a total', () => {
    expect(parse(least)).to.deep.equal({
      ticket: {
        ticketId: 'B-77',
        kind: 'sale',
        closedAtMs: Date.parse('2026-11-23T21:14:00Z'),
        businessDate: '2026-11-23',
        currency: 'GBP',
        totalMinor: 2350,
        items: [],
        discounts: [],
        payments: [],
        redemptions: [],
      },
      unreadFields: [],
    })
  })

  it('is read with all the fields that it may have', () => {
    const { ticket, unreadFields } = parse({
      ...least,
      transactionId: 'T-9',
      accountNumber: 501,
      cardNumber: 9826123456,
      openedAt: '2026-11-23T19:00:00',
      businessDate: '2026-11-22',
      currency: 'eur',
      items: [
        {
          id: '10000000123',
          name: 'Pie',
          quantity: '0.350',
          unitPrice: '9.90',
          total: 3.47,
          tax: 0.58,
          discount: 0,
          category: 4,
          portion: 'large',
        },
      ],
      discounts: [{ id: 9, name: 'Staff', amount: -2 }],
      payments: [{ type: 'Card', amount: '23.50' }],
      redemptions: [{ redemptionId: 'r-1', rewardId: 'u-1' }, { points: '200' }],
      covers: '2',
      tips: 1.5,
      serviceCharge: '0.00',
    })
    expect(unreadFields).to.deep.equal([])
    expect(ticket).to.deep.equal({
      ticketId: 'B-77',
      transactionId: 'T-9',
      accountNumber: '501',
      kind: 'sale',
      closedAtMs: Date.parse('2026-11-23T21:14:00Z'),
      openedAtMs: Date.parse('2026-11-23T19:00:00Z'),
      businessDate: '2026-11-22',
      currency: 'EUR',
      totalMinor: 2350,
      cardNumber: '9826123456',
      covers: 2,
      tipsMinor: 150,
      serviceChargeMinor: 0,
      items: [
        {
          id: '10000000123',
          name: 'Pie',
          quantity: 0.35,
          unitPriceMinor: 990,
          totalMinor: 347,
          taxMinor: 58,
          discountMinor: 0,
          category: '4',
          portion: 'large',
        },
      ],
      discounts: [{ id: '9', name: 'Staff', amountMinor: -200 }],
      payments: [{ type: 'Card', amountMinor: 2350 }],
      redemptions: [{ redemptionId: 'r-1', rewardId: 'u-1' }, { points: 200 }],
    })
  })

  it('is identified by its transactionId if it has no ticketId', () => {
    const { ticketId: _, ...fields } = least
    expect(parse({ ...fields, transactionId: 12 }).ticket).to.include({ ticketId: '12', transactionId: '12' })
  })

  for (const [flags, kind] of [
    [{ isVoid: true }, 'void'],
    [{ isVoid: 1 }, 'void'],
    [{ isVoid: 'True', isRefund: 0 }, 'void'],
    [{ isRefund: '1' }, 'refund'],
    [{ isRefund: true, isVoid: true }, 'refund'],
    [{ isVoid: 'false', isRefund: false }, 'sale'],
    [{ isVoid: 'Y', isRefund: 'N' }, 'void'],
    [{ isVoid: ' yes ', isRefund: 'no' }, 'void'],
    [{ isVoid: 't', isRefund: 'F' }, 'void'],
    [{ isVoid: -1, isRefund: 0 }, 'void'],
    [{ isVoid: '-1', isRefund: '0' }, 'void'],
    [{ isRefund: 'YES', isVoid: 'False' }, 'refund'],
    [{ isVoid: 'n', isRefund: 'No' }, 'sale'],
    [{ isVoid: '', isRefund: null }, 'sale'],
  ] as const)
    it(`is a ${kind} with ${JSON.stringify(flags)}`, () => {
      const text = JSON.stringify({ ...least, ...flags })
      const { fields } = read('ticket', text)
      const { ticket, unreadFields } = parse(fields)
      expect([ticket.kind, unreadFields]).to.deep.equal([kind, []])
    })

  for (const field of ['isVoid', 'isRefund'])
    for (const value of ['perhaps', 'X', '2', 2, 0.5, '1.0', 'on', [], [true], {}, 'yes!'])
      it(`is refused, and not taken for a sale, with ${JSON.stringify({ [field]: value })}`, () => {
        expect(refusalOf(() => parse({ ...least, [field]: value }))).to.include({
          name: 'RequestInvalid',
          code: 'MESSAGE_INVALID',
          detail: `${field} must be true or false, 1 or 0, Y or N`,
        })
      })

  it('counts minor units as its currency has them', () => {
    expect(parse({ ...least, currency: 'JPY', total: 2350 }).ticket.totalMinor).to.equal(2350)
    expect(parse({ ...least, currency: 'IQD', total: '2.350' }).ticket.totalMinor).to.equal(2350)
  })

  // "Birthday 🎂" cut to ten characters ends with half an emoji. It reached Kafka, where readers that are not written
  // in JavaScript fail at it.
  it('has half characters replaced, in whichever of its names', () => {
    const half = 'Birthday \ud83c'
    const line = { id: 1, name: half, category: half, portion: half }
    const { ticket, unreadFields } = parse({
      ...least,
      items: [line, { name: '\udf82 Birthday' }],
      discounts: [{ id: 2, name: half }],
      payments: [{ type: half }],
    })
    expect(unreadFields).to.deep.equal([])
    expect(JSON.stringify(ticket)).not.to.include('\\ud')
    const mended = 'Birthday \ufffd'
    expect(ticket).to.deep.include({
      items: [{ id: '1', name: mended, category: mended, portion: mended }, { name: '\ufffd Birthday' }],
      discounts: [{ id: '2', name: mended }],
      payments: [{ type: mended }],
    })
  })

  it('keeps whole characters as they are', () => {
    expect(parse({ ...least, items: [{ name: 'Birthday 🎂' }] }).ticket.items).to.deep.equal([
      { name: 'Birthday 🎂' },
    ])
  })

  it('belongs to the local date of the venue', () => {
    expect(parse({ ...least, closedAt: '2026-07-22T23:30:00Z' }).ticket.businessDate).to.equal('2026-07-23')
  })

  // A venue in Dubai under VENUE_TIME_ZONE=Europe/London closed its bills four hours in the future, and those of the
  // late evening belonged to the next day.
  it('has its times, and its date, in the time zone of its venue', () => {
    const fields = { ...least, openedAt: '2026-11-23T22:00:00', closedAt: '2026-11-23T23:30:00' }
    expect(parse(fields, {}, { id: '2001' }).ticket).to.deep.include({
      openedAtMs: Date.parse('2026-11-23T18:00:00Z'),
      closedAtMs: Date.parse('2026-11-23T19:30:00Z'),
      businessDate: '2026-11-23',
    })
    expect(
      parse({ ...fields, closedAt: '2026-11-23T20:30:00Z' }, {}, { id: '2001' }).ticket.businessDate,
    ).to.equal('2026-11-24')
    expect(parse(fields, {}, { id: '2002' }).ticket.closedAtMs).to.equal(Date.parse('2026-11-23T23:30:00Z'))
  })

  it('has both moments of a closing time that occurs twice, and only of such a time', () => {
    const [first, second] = [Date.parse('2026-10-25T00:30:00Z'), Date.parse('2026-10-25T01:30:00Z')]
    const twice = parse({ ...least, closedAt: '2026-10-25T01:30:00', openedAt: '2026-10-25T01:10:00' }).ticket
    expect(twice).to.include({ closedAtMs: first, closedAtLatestMs: second })
    for (const closedAt of ['2026-10-25T02:30:00', '2026-10-25T01:30:00+01:00', '2026-03-29T01:30:00'])
      expect(parse({ ...least, closedAt }).ticket).not.to.have.property('closedAtLatestMs')
  })

  for (const [fields, detail] of [
    [{ ticketId: undefined }, 'ticketId is missing, and transactionId too'],
    [{ ticketId: { a: 1 } }, 'ticketId must be a text or a whole number of at most 128 characters'],
    [
      { ticketId: undefined, transactionId: 1.5 },
      'transactionId must be a text or a whole number of at most 128 characters',
    ],
    [{ closedAt: undefined }, 'closedAt is missing'],
    [{ closedAt: 1795694400 }, 'closedAt must be an ISO 8601 time, such as 2026-11-23T12:00:00Z'],
    [{ closedAt: '23/11/2026' }, 'closedAt must be an ISO 8601 time, such as 2026-11-23T12:00:00Z'],
    [
      { closedAt: '2026-11-23T12:00:00[Mars/Phobos]' },
      'closedAt must be an ISO 8601 time, such as 2026-11-23T12:00:00Z',
    ],
    [{ total: undefined }, 'total is missing'],
    [{ total: true }, 'total must be an amount in major units, such as 5.50'],
    [{ total: '23,50' }, 'total must be an amount with at most 2 decimals'],
    [{ total: 23.505 }, 'total must be an amount with at most 2 decimals'],
    [{ total: 23.5, currency: 'JPY' }, 'total must be an amount with at most 0 decimals'],
    [
      { currency: 'XYZ' },
      'currency must be an ISO 4217 code, such as GBP: without it the total cannot be read',
    ],
    [
      { currency: 826 },
      'currency must be an ISO 4217 code, such as GBP: without it the total cannot be read',
    ],
  ] as const)
    it(`is refused with "${detail}" for ${JSON.stringify(fields)}`, () => {
      const refusal = refusalOf(() => parse({ ...least, ...fields }))
      expect(refusal).to.include({ code: 'MESSAGE_INVALID', detail, name: 'RequestInvalid' })
    })

  it('is refused if neither it nor the venue has a currency', () => {
    const refusal = refusalOf(() => parse(least, {}, { currency: undefined }))
    expect(refusal.detail).to.match(/^currency /)
  })
})
