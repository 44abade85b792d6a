import type { Member, Moved, Reward, Venue } from '../model/words.ts'
import { plainText } from '../observability/printable.ts'
import type { List } from './reading.ts'
import type {
  CoreCard,
  CoreMovedCoupon,
  CoreMovedPoints,
  CoreParams,
  CoreUserCoupon,
  CoreVenue,
} from './schemas.ts'

/** Slugs of the custom parameters of a coupon that say how Aztec applies it. */
type RewardSlugs = { entityCodeParameter: string; discountIdParameter: string }

/**
 * @param venues the core's list for one Aztec venue ID
 * @param slug of the venue's custom parameter that holds this ID
 * @returns the venue with this ID; a venue that does not say its ID counts only if it is the only one
 */
export function toVenue({ entries, leftOut }: List<CoreVenue>, slug: string, id: string): Venue | undefined {
  const [only] = entries
  const isAlone = entries.length + leftOut === 1
  const named = entries.find((venue) => readParam(venue.params, slug) === id)
  const unnamed = only && isAlone && readParam(only.params, slug) === undefined ? only : undefined
  const venue = named ?? unnamed
  return venue && { id, coreId: venue.id, currency: venue.currency ?? undefined }
}

export function toMember({ member, tier, wallet }: CoreCard): Member {
  return {
    name: shortName(member.first_name, member.last_name),
    isBlocked: member.is_blocked ?? false,
    program: plainOrNothing(fieldOf(tier)?.name),
    points: fieldOf(wallet)?.points,
  }
}

/**
 * @returns what can be redeemed now, and how many coupons were left out because they could not be read or no till could
 * apply them
 */
export function toRewards(
  userCoupons: List<CoreUserCoupon>,
  slugs: RewardSlugs,
  nowMs: number,
): { rewards: Reward[]; leftOut: number } {
  const redeemable = userCoupons.entries.filter(
    ({ status, valid_until, coupon }) =>
      status === 'activated' &&
      coupon.is_enabled !== false &&
      (typeof valid_until !== 'number' || valid_until * 1000 > nowMs),
  )
  const rewards = redeemable
    // A till could not repeat this id.
    .filter(({ id }) => plainText(id) === id)
    .map((each) => toReward(each, slugs))
    .filter(({ type }) => type !== undefined)
  return { rewards, leftOut: userCoupons.leftOut + redeemable.length - rewards.length }
}

export function toMovedReward(userCoupon: CoreMovedCoupon, slugs: RewardSlugs): Moved {
  return { reward: toReward(userCoupon, slugs) }
}

/** @returns nothing for a negative balance, which no till can show */
export function toMovedPoints({ balance }: CoreMovedPoints): Moved {
  return balance < 0 ? {} : { pointsLeft: balance }
}

/** Leaves out what the core does not say. */
function toReward({ id, valid_until, coupon }: CoreUserCoupon | CoreMovedCoupon, slugs: RewardSlugs): Reward {
  const reward: Reward = { id: plainText(id) }
  if (typeof valid_until === 'number') reward.expires = toIsoSeconds(valid_until)
  if (!coupon) return reward

  if (typeof coupon.name === 'string') reward.name = plainText(coupon.name)
  if (coupon.points) reward.cost = coupon.points
  const entityCode = readParam(coupon.params, slugs.entityCodeParameter)
  if (entityCode !== undefined) return { ...reward, type: 'promotion', entityCode }
  const discountId = readParam(coupon.params, slugs.discountIdParameter)
  if (discountId !== undefined) return { ...reward, type: 'discount', discountId }
  return reward
}

/** The core writes an empty map as an empty list. */
function fieldOf<T extends object>(field: T | unknown[] | null | undefined): T | undefined {
  return !field || Array.isArray(field) ? undefined : field
}

const maxParamLength = 128

/** A number above 2^53 has lost digits, and a long text may have been cut: either would name something else. */
function readParam(params: CoreParams, slug: string): string | undefined {
  if (!params || Array.isArray(params)) return undefined
  const value = params[slug]
  if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value) : undefined
  if (typeof value !== 'string' || value.length > maxParamLength) return undefined
  const text = plainText(value).trim()
  return text === '' ? undefined : text
}

function plainOrNothing(text: string | undefined): string | undefined {
  return text === undefined ? undefined : plainText(text)
}

function shortName(first: string | null | undefined, last: string | null | undefined): string | undefined {
  const firstName = first && plainText(first).trim()
  if (!firstName) return undefined
  const [initial] = last ? plainText(last).trim().normalize('NFC') : ''
  return initial ? `${firstName} ${initial}.` : firstName
}

function toIsoSeconds(unixSeconds: number): string {
  return `${new Date(unixSeconds * 1000).toISOString().slice(0, -'.000Z'.length)}Z`
}
