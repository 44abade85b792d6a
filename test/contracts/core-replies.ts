import { z } from 'zod'
import * as core from '../../src/trifft/schemas.ts'

/**
 * The core's replies as they are on the wire: what `src/trifft/` reads, and also the fields that it ignores, so that
 * the contract has every field of its own examples.
 */
const unread = <T extends z.ZodType>(type: T) => type.optional().describe('Not read')
const id = unread(z.string())
const text = unread(z.string())
const integer = unread(z.int())
const reference = text

export const venues = z.array(core.venue.extend({ name: text, slug: text }))

const { member, tier, wallet } = core.card.shape
const [readTier, emptyMap] = tier.unwrap().unwrap().options
const [readWallet] = wallet.unwrap().unwrap().options

export const card = core.card.extend({
  id,
  member: member.extend({ id }),
  tier: z.union([readTier.extend({ id }), emptyMap]).nullish(),
  wallet: z.union([readWallet.extend({ id, name: text }), emptyMap]).nullish(),
})

const couponFields = { id, type: text }

export const userCoupons = z.array(
  core.userCoupon.extend({ coupon: core.userCoupon.shape.coupon.extend(couponFields) }),
)

const movedCoupon = core.redeemedCoupon.shape.coupon.unwrap().unwrap().extend(couponFields).nullish()

export const redeemedCoupon = core.redeemedCoupon.extend({
  coupon: movedCoupon,
  redeemed_at: integer,
  reference,
})

export const restoredCoupon = core.restoredCoupon.extend({ coupon: movedCoupon, reference })

export const movedPoints = core.movedPoints.extend({ id, points: integer, reference })

const errorFields = { code: integer, message: text }

export const nestedError = core.nestedError.extend({
  status: integer,
  success: unread(z.boolean()),
  error: core.nestedError.shape.error.extend(errorFields),
})

export const flatError = core.flatError.extend(errorFields)
