import { z } from 'zod'
import { rewardIdPattern } from '../model/possible-ids.ts'
import { listReaderOf, readerOf } from './reading.ts'

/**
 * What we need of the core's replies; anything else is ignored. Field by field as in `contracts/trifft-core.openapi.yaml`,
 * which also says what is documented and what is assumed. Next to each schema is its reader, which knows the fields that we
 * can do without: a member with odd data must still get an answer.
 */

/** PHP, in which the core is written, encodes an empty map as an empty list. */
const emptyMap = z.array(z.unknown()).max(0)

/** Custom parameters by slug. */
const params = z.union([z.record(z.string(), z.unknown()), z.array(z.unknown())]).nullish()

/** UNIX seconds, up to the year 9999, so that milliseconds are refused and not misread. */
const seconds = z.int().min(0).max(253_402_300_799)
const unixSeconds = z.union([
  seconds,
  z
    .string()
    .regex(/^\d{1,12}$/)
    .transform(Number)
    .pipe(seconds),
])

const id = z.union([z.string().min(1).max(128), z.int()]).transform(String)

const userCouponId = z.union([z.string().regex(rewardIdPattern), z.int()]).transform(String)

const flag = z
  .union([z.boolean(), z.literal([0, 1, '0', '1', 'true', 'false'])])
  .transform((value) => [true, 1, '1', 'true'].includes(value))

/** Points are spent whole. Floating point may be slightly below a whole number. */
const wholePoints = z
  .union([z.number(), z.string().regex(/^-?\d{1,15}(\.\d{1,15})?$/)])
  .transform((value) => Math.floor(Number(value) + 1e-6))

/** Neither a balance nor a price is negative. */
const points = wholePoints.pipe(z.int().min(0))

/** Both get into the journal, in which not every database takes a NUL. */
const withoutControls = /^[^\x00-\x1f\x7f-\x9f]*$/
const venueId = z.union([z.string().min(1).max(128).regex(withoutControls), z.int()]).transform(String)
const currency = z.string().max(16).regex(withoutControls).nullish()

export const venue = z.object({ id: venueId, currency, params })

export const readVenues = listReaderOf(readerOf(venue, ['currency', 'params']))

export const card = z.object({
  member: z.object({
    first_name: z.string().nullish(),
    last_name: z.string().nullish(),
    is_blocked: flag.nullish(),
  }),
  tier: z.union([z.object({ name: z.string() }), emptyMap]).nullish(),
  wallet: z.union([z.object({ points }), emptyMap]).nullish(),
})

export const readCard = readerOf(card, [
  'member.first_name',
  'member.last_name',
  // The core itself refuses redemptions of a blocked member.
  'member.is_blocked',
  'tier',
  'wallet',
])

const coupon = { name: z.string(), points: points.nullish(), params }

export const userCoupon = z.object({
  id: userCouponId,
  status: z.string(),
  // Not spare, and neither is `is_enabled`: a coupon that may have ended is not offered.
  valid_until: unixSeconds.nullish(),
  coupon: z.object({ ...coupon, is_enabled: flag.nullish() }),
})

export const readUserCoupons = listReaderOf(readerOf(userCoupon, ['coupon.points', 'coupon.params']))

const movedCoupon = {
  id,
  valid_until: unixSeconds.nullish(),
  coupon: z.object({ ...coupon, name: coupon.name.nullish() }).nullish(),
}
const spareOfMovedCoupon = ['valid_until', 'coupon.name', 'coupon.points', 'coupon.params', 'coupon']

export const redeemedCoupon = z.object({ ...movedCoupon, status: z.literal('redeemed') })

export const readRedeemedCoupon = readerOf(redeemedCoupon, spareOfMovedCoupon)

export const restoredCoupon = z.object({ ...movedCoupon, status: z.literal('activated') })

export const readRestoredCoupon = readerOf(restoredCoupon, spareOfMovedCoupon)

/** Of a debit and of a credit: `balance` is what the member has afterwards. A negative one is odd, but the points were moved. */
export const movedPoints = z.object({ balance: wholePoints.pipe(z.int()) })

export const readMovedPoints = readerOf(movedPoints)

/** For TRIFFT's support, and for log lines. If it is odd, the error can still be read. */
const eventId = z
  .string()
  .regex(/^[\w.:-]{1,100}$/)
  .nullish()
  .catch(undefined)

const errorFields = { exception: z.string().min(1), event_id: eventId }

export const nestedError = z.object({ event_id: eventId, error: z.object(errorFields) })

export const flatError = z.object(errorFields)

export type CoreVenue = z.output<typeof venue>
export type CoreCard = z.output<typeof card>
export type CoreUserCoupon = z.output<typeof userCoupon>
export type CoreMovedCoupon = z.output<typeof redeemedCoupon> | z.output<typeof restoredCoupon>
export type CoreMovedPoints = z.output<typeof movedPoints>
export type CoreParams = z.output<typeof params>
