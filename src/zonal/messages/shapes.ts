import { z } from 'zod'
import { shape } from './shape.ts'

/** The kinds of values that fields hold, as a till may send them: each as a schema, and as the function that reads it. */

const idPattern = /^[^\x00-\x1f\x7f-\x9f\s][^\x00-\x1f\x7f-\x9f]*$/
const maxIdLength = 128

/**
 * A reference of the POS: a text inside, whether it came as one or as a number. The pattern stands in the contracts, and
 * many tools that read them know no `\p{…}`: it says "no control character, and not blank" in what all of them know. No
 * such pattern can say "no half of a surrogate pair".
 */
export const id = shape(
  z.union([
    z
      .string()
      .trim()
      .min(1)
      .max(maxIdLength)
      .regex(idPattern)
      .refine((text) => text.isWellFormed()),
    z.int().transform(String),
  ]),
  (value) => {
    if (typeof value !== 'string') return readInt(value, String)
    const text = value.trim()
    return text.length <= maxIdLength && idPattern.test(text) && text.isWellFormed() ? text : undefined
  },
)

const maxNameLength = 200

/** A till that shortens names may cut an emoji in half, which breaks consumers of the event. */
const wellFormed = z
  .string()
  .trim()
  .max(maxNameLength)
  .transform((text) => text.toWellFormed())

export const name = shape(z.union([wellFormed, z.int().transform(String)]), (value) =>
  typeof value === 'string'
    ? readText(value, maxNameLength, (text) => text.toWellFormed())
    : readInt(value, String),
)

/** The longest text in which a card number is looked for, such as a URL. */
export const maxCardTextLength = 512

export const card = shape(
  z
    .union([z.string().trim().min(1).max(maxCardTextLength), z.int()])
    .describe(
      'As typed, swiped or scanned: blanks and dashes between digits are dropped, a prefix is stripped, of a URL the last ' +
        'path segment counts',
    ),
  (value) =>
    typeof value === 'string'
      ? readText(value, maxCardTextLength, (text) => (text === '' ? undefined : text))
      : readInt(value, (number) => number),
)

const maxPoints = 999_999_999
const pointsPattern = /^[1-9]\d{0,8}$/

export const points = shape(
  z.union([z.int().min(1).max(maxPoints), z.string().trim().regex(pointsPattern).transform(Number)]),
  (value) =>
    typeof value === 'string'
      ? readPattern(value, pointsPattern, Number)
      : readInt(value, (number) => (number >= 1 && number <= maxPoints ? number : undefined)),
)

const maxMoneyLength = 40

export const money = shape(
  z
    .union([z.number(), z.string().trim().max(maxMoneyLength)])
    .describe('Amount in major units, such as 5.50'),
  (value) => (typeof value === 'string' ? readText(value, maxMoneyLength, asIs) : readNumber(value)),
)

const maxTimeLength = 64

export const time = shape(
  z
    .string()
    .trim()
    .max(maxTimeLength)
    .describe('ISO 8601; without an offset it is local to the venue, or to a zone in brackets behind it'),
  (value) => (typeof value === 'string' ? readText(value, maxTimeLength, asIs) : undefined),
)

const quantityPattern = /^[+-]?\d{1,9}(\.\d{1,9})?$/

export const quantity = shape(
  z.union([z.number(), z.string().trim().regex(quantityPattern).transform(Number)]),
  (value) => (typeof value === 'string' ? readPattern(value, quantityPattern, Number) : readNumber(value)),
)

const countPattern = /^\d{1,9}$/

export const count = shape(
  z.union([z.int().min(0), z.string().trim().regex(countPattern).transform(Number)]),
  (value) =>
    typeof value === 'string'
      ? readPattern(value, countPattern, Number)
      : readInt(value, (number) => (number >= 0 ? number : undefined)),
)

const flagPattern = /^(true|1|-1|y|yes|t|false|0|n|no|f)$/i
const truePattern = /^(true|1|-1|y|yes|t)$/i

export const flag = shape(
  z.union([
    z.boolean(),
    z.literal([0, 1, -1]).transform((value) => value !== 0),
    z
      .string()
      .trim()
      .regex(flagPattern)
      .transform((value) => truePattern.test(value)),
  ]),
  (value) => {
    if (typeof value === 'boolean') return value
    if (typeof value === 'string') return readPattern(value, flagPattern, (text) => truePattern.test(text))
    return value === 0 || value === 1 || value === -1 ? value !== 0 : undefined
  },
)

const currencyPattern = /^[A-Za-z]{3}$/

export const currency = shape(
  z
    .string()
    .trim()
    .regex(currencyPattern)
    .transform((code) => code.toUpperCase())
    .describe("ISO 4217; the venue's own where it is not given"),
  (value) =>
    typeof value === 'string' ? readPattern(value, currencyPattern, (code) => code.toUpperCase()) : undefined,
)

function readText<T>(given: string, longest: number, read: (text: string) => T): T | undefined {
  const text = given.trim()
  return text.length <= longest ? read(text) : undefined
}

function readPattern<T>(given: string, pattern: RegExp, read: (text: string) => T): T | undefined {
  const text = given.trim()
  return pattern.test(text) ? read(text) : undefined
}

function readNumber(value: unknown): number | undefined {
  return Number.isFinite(value) ? (value as number) : undefined
}

function readInt<T>(value: unknown, read: (number: number) => T): T | undefined {
  return Number.isSafeInteger(value) ? read(value as number) : undefined
}

function asIs(text: string): string {
  return text
}

/** What a till is told about a field because of which its message is refused. */
export const mustBe = {
  id: 'must be a text or a whole number of at most 128 characters',
  card: 'must be 4 to 32 letters and digits',
  points: 'must be a positive whole number',
  money: {
    major: 'must be an amount in major units, such as 5.50',
    minor: 'must be an amount in minor units, such as 550',
  },
  time: 'must be an ISO 8601 time, such as 2026-11-23T12:00:00Z',
  flag: 'must be true or false, 1 or 0, Y or N',
  currency: 'must be an ISO 4217 code, such as GBP: without it the total cannot be read',
}
