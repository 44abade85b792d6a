import { z } from 'zod'

/**
 * What the core's replies must hold for us to use them; anything more is left out. Field by field as in
 * `contracts/trifft-core.openapi.yaml`, which also says what of it is documented and what assumed.
 */

/** Custom parameters by slug. The core is written in PHP, which writes an empty map as an empty list. */
const params = z.union([z.record(z.string(), z.unknown()), z.array(z.unknown())]).nullish()

/** UNIX seconds, until the year 9999: milliseconds are refused, not misread. */
const unixSeconds = z.int().min(0).max(253_402_300_799)

export const venueList = z.array(z.object({ id: z.string().min(1), currency: z.string().nullish(), params }))

export const card = z.object({
  member: z.object({
    first_name: z.string().nullish(),
    last_name: z.string().nullish(),
    is_blocked: z.boolean(),
  }),
  tier: z.object({ name: z.string() }).nullish(),
  wallet: z.object({ points: z.int() }).nullish(),
})

const coupon = z.object({
  name: z.string(),
  points: z.int().nullish(),
  is_enabled: z.boolean().nullish(),
  params,
})

export const userCoupon = z.object({
  id: z.string().min(1),
  status: z.string(),
  valid_until: unixSeconds.nullish(),
  coupon,
})

export const couponList = z.array(userCoupon)

const movedCoupon = { id: z.string().min(1), valid_until: unixSeconds.nullish(), coupon: coupon.nullish() }

export const redeemedCoupon = z.object({ ...movedCoupon, status: z.literal('redeemed') })

export const restoredCoupon = z.object({ ...movedCoupon, status: z.literal('activated') })

/** Both ways: `balance` is what the member has afterwards. */
export const movedPoints = z.object({ balance: z.int() })

const errorFields = { exception: z.string().min(1), event_id: z.string().nullish() }

export const nestedError = z.object({
  event_id: z.string().nullish(),
  error: z.object(errorFields),
})

export const flatError = z.object(errorFields)

export type CoreVenue = z.output<typeof venueList>[number]
export type CoreCard = z.output<typeof card>
export type CoreUserCoupon = z.output<typeof userCoupon>
export type CoreMovedCoupon = z.output<typeof redeemedCoupon> | z.output<typeof restoredCoupon>
export type CoreMovedPoints = z.output<typeof movedPoints>
export type CoreParams = z.output<typeof params>
