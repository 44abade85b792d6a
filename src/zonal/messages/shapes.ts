import { z } from 'zod'

/** The kinds of values that fields hold, as a till may send them. */

/**
 * A reference of the POS: a text inside, whether it came as one or as a number. The pattern stands in the contracts, and
 * many tools that read them know no `\p{…}`: it says "no control character, and not blank" in what all of them know. No
 * such pattern can say "no half of a surrogate pair".
 */
export const id = z.union([
  z
    .string()
    .trim()
    .min(1)
    .max(128)
    .regex(/^[^\x00-\x1f\x7f-\x9f\s][^\x00-\x1f\x7f-\x9f]*$/)
    .refine((text) => text.isWellFormed()),
  z.int().transform(String),
])

/** A till that shortens names may cut an emoji in half, which breaks consumers of the event. */
const wellFormed = z
  .string()
  .trim()
  .max(200)
  .transform((text) => text.toWellFormed())

export const name = z.union([wellFormed, z.int().transform(String)])

/** The longest text in which a card number is looked for, such as a URL. */
export const longestCardText = 512

export const card = z
  .union([z.string().trim().min(1).max(longestCardText), z.int()])
  .describe(
    'As typed, swiped or scanned: blanks and dashes between digits are dropped, a prefix is stripped, of a URL the last ' +
      'path segment counts',
  )

export const points = z.union([
  z.int().min(1).max(999_999_999),
  z
    .string()
    .trim()
    .regex(/^[1-9]\d{0,8}$/)
    .transform(Number),
])

export const money = z
  .union([z.number(), z.string().trim().max(40)])
  .describe('Amount in major units, such as 5.50')

export const time = z
  .string()
  .trim()
  .max(64)
  .describe('ISO 8601; without an offset it is local to the venue, or to a zone in brackets behind it')

export const quantity = z.union([
  z.number(),
  z
    .string()
    .trim()
    .regex(/^[+-]?\d{1,9}(\.\d{1,9})?$/)
    .transform(Number),
])

export const count = z.union([
  z.int().min(0),
  z
    .string()
    .trim()
    .regex(/^\d{1,9}$/)
    .transform(Number),
])

export const flag = z.union([
  z.boolean(),
  z.literal([0, 1, -1]).transform((value) => value !== 0),
  z
    .string()
    .trim()
    .regex(/^(true|1|-1|y|yes|t|false|0|n|no|f)$/i)
    .transform((value) => /^(true|1|-1|y|yes|t)$/i.test(value)),
])

export const currency = z
  .string()
  .trim()
  .regex(/^[A-Za-z]{3}$/)
  .transform((code) => code.toUpperCase())
  .describe("ISO 4217; the venue's own where it is not given")

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
