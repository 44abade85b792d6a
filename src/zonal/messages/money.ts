/** The currencies that do not have two decimals in ISO 4217. Intl follows CLDR, which differs (IQD, IDR, HUF and others). */
const digitsByCurrency = new Map([
  ...['BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW'].map((code) => [code, 0] as const),
  ...['PYG', 'RWF', 'UGX', 'VND', 'VUV', 'XAF', 'XOF', 'XPF'].map((code) => [code, 0] as const),
  ...['BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND'].map((code) => [code, 3] as const),
])

/** Units of account between banks. ISO 4217 gives them no minor unit, and no bill uses them. */
const unitsOfAccount = new Set(['XDR', 'XSU'])
const currencies = new Set(Intl.supportedValuesOf('currency')).difference(unitsOfAccount)

/**
 * @param currency ISO 4217, upper case
 * @returns how many decimals its amounts have; undefined for an unknown currency
 */
export function digitsOf(currency: string): number | undefined {
  return currencies.has(currency) ? (digitsByCurrency.get(currency) ?? 2) : undefined
}

/** `isRounded`: the amount had more decimals than its currency. */
type Minor = { minor: number; isRounded: boolean }

/**
 * Converts a decimal amount to an integer in minor units, without floating point.
 * @param value a number, or a text of digits with at most one decimal point and a sign (`5.5`, `"-5.50"`); a number within
 *   0.000001 of a minor unit counts as that unit, since tills add in floating point (`12.600000000000001`)
 * @param digits how many decimals the currency has; 0 for an amount that is in minor units already
 * @param ifFiner what to do if the amount has more decimals; `round` rounds halves away from zero
 * @returns undefined for anything else, and for amounts beyond 2^53 - 1 minor units
 */
export function toMinor(value: unknown, digits: number, ifFiner: 'refuse' | 'round'): Minor | undefined {
  const decimal = readDecimal(value)
  if (!decimal) return undefined
  const { sign, integer, fraction } = decimal
  // Most amounts have no more decimals than their currency, so their digits are the minor units.
  if (fraction.length <= digits)
    return toSafe(Number(`${sign}${integer}${fraction.padEnd(digits, '0')}`), false)

  const scale = 10n ** BigInt(digits)
  const denominator = 10n ** BigInt(fraction.length)
  const numerator = BigInt(`${integer}${fraction}`) * (sign === '-' ? -scale : scale)
  const nearest = divideHalfAwayFromZero(numerator, denominator)
  const distance = absolute(numerator - nearest * denominator)

  const isExact =
    distance === 0n || (typeof value === 'number' && distance * 1_000_000n <= denominator * scale)
  if (!isExact && ifFiner === 'refuse') return undefined
  return toSafe(Number(nearest), !isExact)
}

function toSafe(minor: number, isRounded: boolean): Minor | undefined {
  // Adding 0 turns -0 into 0.
  return Number.isSafeInteger(minor) ? { minor: minor + 0, isRounded } : undefined
}

type Decimal = { sign: string; integer: string; fraction: string }

function readDecimal(value: unknown): Decimal | undefined {
  const [, sign = '', integer = '', fraction = ''] =
    /^([+-]?)(\d{0,20})(?:\.(\d{1,30}))?$/.exec(toDigits(value)) ?? []
  return integer === '' && fraction === '' ? undefined : { sign, integer, fraction }
}

function toDigits(value: unknown): string {
  if (typeof value === 'string') return value.trim()
  if (typeof value !== 'number') return ''
  // Smaller numbers are written with an exponent.
  return Math.abs(value) < 1e-6 ? '0' : String(value)
}

function divideHalfAwayFromZero(numerator: bigint, denominator: bigint): bigint {
  const rounded = (absolute(numerator) * 2n + denominator) / (denominator * 2n)
  return numerator < 0n ? -rounded : rounded
}

function absolute(value: bigint): bigint {
  return value < 0n ? -value : value
}
