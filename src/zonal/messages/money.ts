/** Minor units where ISO 4217 has other than two decimals; Intl follows CLDR, which differs (IQD, IDR, HUF and others). */
const digitsByCurrency = new Map([
  ...['BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW'].map((code) => [code, 0] as const),
  ...['PYG', 'RWF', 'UGX', 'VND', 'VUV', 'XAF', 'XOF', 'XPF'].map((code) => [code, 0] as const),
  ...['BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND'].map((code) => [code, 3] as const),
])

/** Units of account between banks: ISO 4217 gives them no minor unit, and no bill is in them. */
const unitsOfAccount = new Set(['XDR', 'XSU'])
const currencies = new Set(Intl.supportedValuesOf('currency')).difference(unitsOfAccount)

/**
 * @param currency ISO 4217, upper case
 * @returns how many decimals its amounts have; undefined for an unknown currency
 */
export function digitsOf(currency: string): number | undefined {
  return currencies.has(currency) ? (digitsByCurrency.get(currency) ?? 2) : undefined
}

/** `isRounded`: the amount was finer than a minor unit. */
export type Minor = { minor: number; isRounded: boolean }

/**
 * A decimal amount in major units, as an integer in minor units. No step is made in floating point.
 * @param value a JSON number, or a text of digits with at most one decimal point and a sign (`5.5`, `"-5.50"`); a
 *   number within 0.000001 of a whole minor unit is that unit, since tills add in floating point (`12.600000000000001`)
 * @param digits decimals of the currency
 * @param ifFiner what to do with an amount finer than a minor unit; `round` rounds halves away from zero
 * @returns undefined for anything else, and for amounts beyond 2^53 - 1 minor units
 */
export function toMinor(value: unknown, digits: number, ifFiner: 'refuse' | 'round'): Minor | undefined {
  const decimal = readDecimal(value)
  if (!decimal) return undefined
  const { sign, whole, fraction } = decimal
  // Most amounts are as fine as their currency: their digits are the minor units.
  if (fraction.length <= digits)
    return toSafe(Number(`${sign}${whole}${fraction.padEnd(digits, '0')}`), false)

  const scale = 10n ** BigInt(digits)
  const denominator = 10n ** BigInt(fraction.length)
  const numerator = BigInt(`${whole}${fraction}`) * (sign === '-' ? -scale : scale)
  const nearest = divideHalfAwayFromZero(numerator, denominator)
  const distance = absolute(numerator - nearest * denominator)

  const isWhole =
    distance === 0n || (typeof value === 'number' && distance * 1_000_000n <= denominator * scale)
  if (!isWhole && ifFiner === 'refuse') return undefined
  return toSafe(Number(nearest), !isWhole)
}

function toSafe(minor: number, isRounded: boolean): Minor | undefined {
  // There is no bill of minus nothing.
  return Number.isSafeInteger(minor) ? { minor: minor + 0, isRounded } : undefined
}

type Decimal = { sign: string; whole: string; fraction: string }

function readDecimal(value: unknown): Decimal | undefined {
  const [, sign = '', whole = '', fraction = ''] =
    /^([+-]?)(\d{0,20})(?:\.(\d{1,30}))?$/.exec(toDigits(value)) ?? []
  return whole === '' && fraction === '' ? undefined : { sign, whole, fraction }
}

function toDigits(value: unknown): string {
  if (typeof value === 'string') return value.trim()
  if (typeof value !== 'number') return ''
  // Below this a number is written with an exponent.
  return Math.abs(value) < 1e-6 ? '0' : String(value)
}

function divideHalfAwayFromZero(numerator: bigint, denominator: bigint): bigint {
  const rounded = (absolute(numerator) * 2n + denominator) / (denominator * 2n)
  return numerator < 0n ? -rounded : rounded
}

function absolute(value: bigint): bigint {
  return value < 0n ? -value : value
}
