import { expect } from 'chai'
import fc from 'fast-check'
import { readCardNumber } from '../../src/zonal/messages/card.ts'
import { refusalOf } from './refusal-of.ts'

const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789']
const cards = fc.string({ unit: fc.constantFrom(...letters), minLength: 4, maxLength: 32 })
const prefixes = ['LOY-', 'LOY-X', 'QR:']

describe('a card number', () => {
  for (const [raw, number] of [
    [' URCARD123 ', 'URCARD123'],
    [9826123456, '9826123456'],
    ['LOY-1234', '1234'],
    ['LOY-X1234', '1234'],
    ['QR: 1234', '1234'],
    ['https://app.example/c/URCARD123', 'URCARD123'],
    ['HTTPS://app.example/c/URCARD123/?from=qr#top', 'URCARD123'],
    ['https://app.example/c/LOY-1234', '1234'],
    ['QR:https://app.example/c/1234', '1234'],
    ['CROWN 1001', 'CROWN1001'],
    ['9826 1234 5678', '982612345678'],
    ['9826\u00a01234\t5678', '982612345678'],
    ['9826-1234-5678', '982612345678'],
    ['9826 - 1234 - 5678', '982612345678'],
    ['9826\u20131234', '98261234'],
    ['LOY - 9826-1234', '98261234'],
    ['L OY-9826', '9826'],
    ['https://app.example/c/CROWN%201001', 'CROWN1001'],
    ['https://app.example/c/9826-1234', '98261234'],
    [' https://app.example/c/ 9826', '9826'],
  ] as const)
    it(`is ${number} in ${JSON.stringify(raw)}`, () => {
      expect(readCardNumber(raw, prefixes)).to.equal(number)
    })

  for (const raw of [
    '',
    'abc',
    'a'.repeat(33),
    `https://app.example/${'/'.repeat(200_000)}x`,
    `1234${' '.repeat(509)}5`,
    'AB-12',
    'CROWN-1001',
    '9826--1234',
    '-9826',
    '9826-',
    '************1001',
    '9826 1234 5678 9012 3456 7890 1234 5678 9',
    'https://app.example/c/98%zz26',
    'https://app.example/c/9826%2F1234',
    'АБВГ',
    'LOY-123',
    'LOY-LOY-1234',
    'https://app.example',
    'https://',
    -12345,
    1.25,
    true,
    null,
    undefined,
    {},
    ['1234'],
  ])
    it(`cannot be read from ${JSON.stringify(raw)?.slice(0, 60)}`, () => {
      expect(refusalOf(() => readCardNumber(raw, prefixes)).code).to.equal('CARD_INVALID')
    })

  it('is the same typed, scanned with a prefix, or in a URL', () => {
    fc.assert(
      fc.property(cards, fc.constantFrom('LOY-', 'QR:', 'https://app.example/', ' '), (card, before) => {
        expect(readCardNumber(`${before}${card}`, ['LOY-', 'QR:'])).to.equal(card)
      }),
    )
  })

  it('is never part of a refusal', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 33 }), (raw) => {
        expect(refusalOf(() => readCardNumber(raw, [])).message).to.equal(
          'cardNumber must be 4 to 32 letters and digits',
        )
      }),
    )
  })
})
