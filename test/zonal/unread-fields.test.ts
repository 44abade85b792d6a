import { expect } from 'chai'
import { contradiction } from '../../src/zonal/dialects/json/contradiction.ts'
import { read } from '../dialects/json/read.ts'
import { least, parse } from './parse-ticket.ts'
import { refusalOf } from './refusal-of.ts'

// If tickets without a card are only counted, those of "CROWN 1001" and of a masked card were answered as accepted,
// but were neither in Kafka nor dead letters.
describe('a ticket whose card cannot be read', () => {
  for (const cardNumber of [
    '************1001',
    'CROWN-1001',
    '***',
    'x'.repeat(33),
    'x'.repeat(513),
    'LOY-',
    'https://app.example',
    'https://app.example/c/%zz',
    12,
    12.5,
    true,
    false,
    [],
    ['CROWN1001'],
    {},
    contradiction,
  ])
    it(`does not count as a ticket without a card: ${String(JSON.stringify(cardNumber)).slice(0, 40)}`, () => {
      const fields = { ...least, cardNumber }
      const refusal = refusalOf(() => parse(fields, { withoutCard: 'count', cardPrefixes: ['LOY-'] }))
      expect(refusal).to.include({
        name: 'RequestInvalid',
        code: 'CARD_INVALID',
        detail: 'cardNumber must be 4 to 32 letters and digits',
      })
      expect(parse(fields, { cardPrefixes: ['LOY-'] })).to.deep.equal({
        ...parse(least),
        unreadFields: ['cardNumber'],
      })
    })

  it('differs from one without a card, and from one whose card is written in groups', () => {
    const withoutCard = 'count'
    expect(parse(least, { withoutCard }).ticket).not.to.have.property('cardNumber')
    const { ticket, unreadFields } = parse({ ...least, cardNumber: 'CROWN 1001' }, { withoutCard })
    expect([ticket.cardNumber, unreadFields]).to.deep.equal(['CROWN1001', []])
  })
})

describe('a ticket with fields that cannot be read', () => {
  for (const [fields, unread] of [
    [{ cardNumber: '****1001' }, 'cardNumber'],
    [{ cardNumber: {} }, 'cardNumber'],
    [{ transactionId: [] }, 'transactionId'],
    [{ openedAt: 'noon' }, 'openedAt'],
    [{ openedAt: '0001-01-01T00:00:00' }, 'openedAt'],
    [{ businessDate: 'monday' }, 'businessDate'],
    [{ covers: -1 }, 'covers'],
    [{ tips: '1,50' }, 'tips'],
    [{ serviceCharge: true }, 'serviceCharge'],
    [{ items: 'pie' }, 'items'],
    [{ accountNumber: 'A-1\ud83c' }, 'accountNumber'],
    [{ items: [null] }, 'items'],
    [{ payments: 'cash' }, 'payments'],
  ] as const)
    it(`is taken without ${JSON.stringify(fields)}`, () => {
      expect(parse({ ...least, ...fields })).to.deep.equal({ ...parse(least), unreadFields: [unread] })
    })

  it('keeps what can be read of each line, and names each field once', () => {
    const { ticket, unreadFields } = parse({
      ...least,
      items: [
        { id: {}, name: 'Tea', unitPrice: '2,50' },
        'no line',
        { id: 2, quantity: 'two', unitPrice: 'free' },
        { id: 3, name: 'n'.repeat(201) },
      ],
      redemptions: [{ points: -1, rewardId: 'u-1' }],
    })
    expect(ticket.items).to.deep.equal([{ name: 'Tea' }, { id: '2' }, { id: '3' }])
    expect(ticket.redemptions).to.deep.equal([{ rewardId: 'u-1' }])
    expect(unreadFields).to.have.members([
      'items',
      'items.id',
      'items.quantity',
      'items.name',
      'items.unitPrice',
      'redemptions.points',
    ])
  })

  it('rounds a unit price of a weighed item, and counts it', () => {
    const { ticket, unreadFields } = parse({
      ...least,
      items: [{ unitPrice: 1.2345 }, { unitPrice: -1.235 }],
    })
    expect(ticket.items).to.deep.equal([{ unitPriceMinor: 123 }, { unitPriceMinor: -124 }])
    expect(unreadFields).to.deep.equal(['items.unitPrice'])
  })

  it('is taken without a field that a line has twice with different values', () => {
    const text = JSON.stringify({ ...least, items: [{ unitPrice: 1, price: 2, name: 'Tea' }] })
    const { fields } = read('ticket', text)
    const { ticket, unreadFields } = parse(fields)
    expect(ticket.items).to.deep.equal([{ name: 'Tea' }])
    expect(unreadFields).to.deep.equal(['items.unitPrice'])
  })

  it('names a field once, however many of its lines cannot be read', () => {
    const items = Array.from({ length: 1_000 }, () => ({ id: {} }))
    expect(parse({ ...least, items }).unreadFields).to.deep.equal(['items.id'])
  })
})
