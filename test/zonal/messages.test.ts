import { expect } from 'chai'
import { z } from 'zod'
import {
  balanceRequest,
  creditRequest,
  debitRequest,
  parseBalance,
  parseCredit,
  parseDebit,
} from '../../src/zonal/messages/messages.ts'
import { ticketRequest } from '../../src/zonal/messages/ticket-message.ts'
import { id } from '../../src/zonal/messages/shapes.ts'
import { refusalOf } from './refusal-of.ts'

const settings = { cardPrefixes: ['LOY-'], timeZone: 'Europe/London' }
const cardNumber = 'URCARD123'

describe('a balance', () => {
  it('needs a card, and passes on what the POS says about itself', () => {
    const fields = { cardNumber: 'LOY-URCARD123', siteId: 7, siteRef: 'crown', dateTime: ' 2026-11-23 ' }
    expect(parseBalance(fields, settings)).to.deep.equal({
      cardNumber,
      siteId: '7',
      siteRef: 'crown',
      dateTime: '2026-11-23',
    })
  })

  it('is answered without the fields that it does not need', () => {
    expect(
      parseBalance({ cardNumber, staffId: { id: 3 }, terminalId: 'x'.repeat(129) }, settings),
    ).to.deep.equal({
      cardNumber,
    })
  })

  for (const [fields, code, detail] of [
    [{}, 'MESSAGE_INVALID', 'cardNumber is missing'],
    [{ cardNumber: { a: 1 } }, 'CARD_INVALID', 'cardNumber must be 4 to 32 letters and digits'],
    [{ cardNumber: '****1001' }, 'CARD_INVALID', 'cardNumber must be 4 to 32 letters and digits'],
  ] as const)
    it(`is refused with "${detail}" for ${JSON.stringify(fields)}`, () => {
      expect(refusalOf(() => parseBalance(fields, settings))).to.include({
        code,
        detail,
        name: 'RequestInvalid',
      })
    })
})

describe('a debit', () => {
  const bill = { cardNumber, accountNumber: 501 }

  it('takes a reward', () => {
    expect(parseDebit({ ...bill, rewardId: 12 }, settings)).to.deep.equal({
      cardNumber,
      accountNumber: '501',
      what: { kind: 'coupon', rewardId: '12' },
    })
  })

  for (const points of [200, '200'])
    it(`takes points given as ${JSON.stringify(points)}`, () => {
      expect(parseDebit({ ...bill, points, transactionId: 'T-1' }, settings).what).to.deep.equal({
        kind: 'points',
        points: 200,
      })
    })

  for (const [fields, detail] of [
    [{ cardNumber, rewardId: '1' }, 'accountNumber is missing'],
    [
      { ...bill, accountNumber: '\u0000', rewardId: '1' },
      'accountNumber must be a text or a whole number of at most 128 characters',
    ],
    [bill, 'rewardId is missing, and points too: one of them must be given'],
    [{ ...bill, rewardId: '1', points: 5, transactionId: 'T' }, 'points must not be given beside rewardId'],
    [{ ...bill, points: 5 }, 'transactionId is missing: a debit of points needs it'],
    ...[0, -5, 1.5, '0', '1e3', 'five', true, 1_000_000_000, []].map(
      (points) =>
        [{ ...bill, points, transactionId: 'T' }, 'points must be a positive whole number'] as const,
    ),
    [
      { ...bill, rewardId: '1', transactionId: 1.5 },
      'transactionId must be a text or a whole number of at most 128 characters',
    ],
    [
      { ...bill, rewardId: 'r'.repeat(129) },
      'rewardId must be a text or a whole number of at most 128 characters',
    ],
  ] as const)
    it(`is refused with "${detail}" for ${JSON.stringify(fields).slice(0, 90)}`, () => {
      expect(refusalOf(() => parseDebit(fields, settings))).to.include({ code: 'MESSAGE_INVALID', detail })
    })
})

describe('a credit', () => {
  for (const [fields, rest] of [
    [{ redemptionId: 'r-1' }, { redemptionId: 'r-1' }],
    [{ originalTransactionId: 5 }, { originalTransactionId: '5' }],
    [
      { accountNumber: 'A', rewardId: 'u' },
      { accountNumber: 'A', what: { kind: 'coupon', rewardId: 'u' } },
    ],
    [
      { accountNumber: 'A', points: 5, transactionId: 'T' },
      { accountNumber: 'A', transactionId: 'T', what: { kind: 'points', points: 5 } },
    ],
    [
      { redemptionId: 'r-1', points: 5 },
      { redemptionId: 'r-1', what: { kind: 'points', points: 5 } },
    ],
  ] as const)
    it(`finds its debit by ${Object.keys(fields).join(', ')}`, () => {
      expect(parseCredit({ cardNumber, ...fields }, settings)).to.deep.equal({ cardNumber, ...rest })
    })

  const howToFind =
    'redemptionId is missing: give it, or originalTransactionId, or accountNumber with rewardId or points'
  for (const [fields, detail] of [
    [{}, howToFind],
    [{ accountNumber: 'A' }, howToFind],
    [{ rewardId: 'u' }, howToFind],
    [
      { accountNumber: 'A', points: 5 },
      'transactionId is missing: points are found by accountNumber only with it',
    ],
    [{ redemptionId: {} }, 'redemptionId must be a text or a whole number of at most 128 characters'],
  ] as const)
    it(`is refused with "${detail}" for ${JSON.stringify(fields)}`, () => {
      const refusal = refusalOf(() => parseCredit({ cardNumber, ...fields }, settings))
      expect(refusal).to.include({ code: 'MESSAGE_INVALID', detail })
    })
})

describe('the schemas of the messages', () => {
  for (const [name, schema] of Object.entries({ balanceRequest, debitRequest, creditRequest, ticketRequest }))
    it(`can be published: ${name}`, () => {
      const published = z.toJSONSchema(schema, { io: 'input' })
      expect(published).to.include({ type: 'object' })
      expect(published.properties).to.have.all.keys(Object.keys(schema.shape))
    })
})

describe('an id', () => {
  const isTaken = (text: string) => id.safeParse(text).success

  it('may hold every character except controls and halves of surrogate pairs', () => {
    for (let code = 0; code <= 0xffff; code++) {
      const character = String.fromCharCode(code)
      const isOdd = /[\p{Cc}\p{Cs}]/u.test(character)
      expect(isTaken(`A${character}B`), `in the middle: ${code}`).to.equal(!isOdd)
      const isBlank = character.trim() === ''
      expect(isTaken(`${character}B`), `first: ${code}`).to.equal(!isOdd || isBlank)
      expect(isTaken(character), `alone: ${code}`).to.equal(!isOdd && !isBlank)
    }
    expect(isTaken('\u{1f382}')).to.equal(true)
  })
})
