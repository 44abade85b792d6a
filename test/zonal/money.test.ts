import { expect } from 'chai'
import fc from 'fast-check'
import { inspect } from 'node:util'
import { digitsOf, toMinor } from '../../src/zonal/messages/money.ts'

describe('the decimals of a currency', () => {
  for (const [currency, digits] of [
    ['GBP', 2],
    ['EUR', 2],
    ['JPY', 0],
    ['ISK', 0],
    ['IQD', 3],
    ['KWD', 3],
    ['HUF', 2],
    ['IDR', 2],
    ['COP', 2],
    ['XYZ', undefined],
    ['XDR', undefined],
    ['gbp', undefined],
    ['', undefined],
  ] as const)
    it(`are ${digits ?? 'undefined'} for ${currency || 'no currency'}, as in ISO 4217`, () => {
      expect(digitsOf(currency)).to.equal(digits)
    })
})

describe('an amount', () => {
  for (const [value, digits, minor] of [
    [5.5, 2, 550],
    ['5.50', 2, 550],
    [' 5.5000 ', 2, 550],
    ['.5', 2, 50],
    ['-5.50', 2, -550],
    ['+5', 2, 500],
    [-0, 2, 0],
    ['-0.00', 2, 0],
    [1e3, 2, 100_000],
    [12.600000000000001, 2, 1260],
    [12.599999999999998, 2, 1260],
    [0.1 + 0.2, 2, 30],
    [12.600001, 2, 1260],
    [-12.600001, 2, -1260],
    [1e-7, 2, 0],
    [1.005, 3, 1005],
    [500, 0, 500],
    ['500.0', 0, 500],
    ['90071992547409.91', 2, Number.MAX_SAFE_INTEGER],
  ] as const)
    it(`is ${minor} minor units in ${JSON.stringify(value)} with ${digits} decimals`, () => {
      expect(toMinor(value, digits, 'refuse')).to.deep.equal({ minor, isRounded: false })
    })

  for (const value of [
    '',
    ' ',
    '5,50',
    '1,234.50',
    '1e3',
    '5.',
    '.',
    '£5',
    '5.50-',
    '--5',
    '0x10',
    'NaN',
    '٥',
    NaN,
    Infinity,
    1e21,
    '90071992547409.92',
    null,
    undefined,
    true,
    {},
    [],
    5n,
  ])
    it(`cannot be read from ${inspect(value)}`, () => {
      expect(toMinor(value, 2, 'refuse')).to.equal(undefined)
      expect(toMinor(value, 2, 'round')).to.equal(undefined)
    })

  for (const [value, minor] of [
    [1.234, 123],
    ['1.235', 124],
    ['-1.235', -124],
    [12.600002, 1260],
    ['12.600000000000001', 1260],
    ['0.004', 0],
  ] as const)
    it(`that is finer than a minor unit (${JSON.stringify(value)}) is refused, or rounded half away from zero`, () => {
      expect(toMinor(value, 2, 'refuse')).to.equal(undefined)
      expect(toMinor(value, 2, 'round')).to.deep.equal({ minor, isRounded: true })
    })

  const safe = fc.bigInt({ min: -BigInt(Number.MAX_SAFE_INTEGER), max: BigInt(Number.MAX_SAFE_INTEGER) })
  const digits = fc.constantFrom(0, 2, 3)

  it('is read back from the text that it is written as', () => {
    fc.assert(
      fc.property(safe, digits, (minor, places) => {
        expect(toMinor(write(minor, places), places, 'refuse')).to.deep.equal({
          minor: Number(minor),
          isRounded: false,
        })
      }),
    )
  })

  it('is read back from a JSON number, even from a sum in floating point', () => {
    const cents = fc.integer({ min: -100_000_000, max: 100_000_000 })
    fc.assert(
      fc.property(fc.array(cents, { minLength: 1, maxLength: 20 }), (parts) => {
        const sum = parts.reduce((total, part) => total + part / 100, 0)
        const minor = parts.reduce((total, part) => total + part, 0)
        expect(toMinor(sum, 2, 'refuse')).to.deep.equal({ minor, isRounded: false })
      }),
    )
  })

  it('is rounded to the nearest minor unit, halves away from zero', () => {
    const finer = fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n })
    fc.assert(
      fc.property(finer, digits, fc.integer({ min: 1, max: 6 }), (units, places, more) => {
        const step = 10n ** BigInt(more)
        const rest = units % step
        const away = (rest < 0n ? -rest : rest) * 2n >= step ? (units < 0n ? -1n : 1n) : 0n
        expect(toMinor(write(units, places + more), places, 'round')).to.deep.equal({
          minor: Number(units / step + away),
          isRounded: rest !== 0n,
        })
      }),
    )
  })
})

/** `units` × 10^-`places` in decimal digits. */
function write(units: bigint, places: number): string {
  const digits = String(units < 0n ? -units : units).padStart(places + 1, '0')
  const whole = digits.slice(0, digits.length - places)
  const fraction = digits.slice(digits.length - places)
  return `${units < 0n ? '-' : ''}${whole}${places > 0 ? `.${fraction}` : ''}`
}
