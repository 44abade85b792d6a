import type { Config } from '../config.ts'
import type { Caller, Credentials, Member, Moved, Reward, Venue } from '../loyalty/words.ts'
import type { Exchange } from '../observability/exchange.ts'
import { createCalls, type CallDeps } from './call.ts'
import { toMember, toMovedPoints, toMovedReward, toRewards, toVenue } from './mapping.ts'
import * as schemas from './schemas.ts'

/** One taking of a member's reward or points, or its undoing. */
export type Order = {
  caller: Caller
  cardNumber: string
  /** The redemption's id, the same for the taking and its undoing. */
  reference: string
  idempotencyKey: string
}
export type RewardOrder = Order & { rewardId: string }
export type PointsOrder = Order & { points: number }

export type CoreClient = ReturnType<typeof createCoreClient>

/** A taking that leaves later than this would most likely end in doubt. */
const leastLeftForTakingMs = 500

/**
 * The calls of `contracts/trifft-core.openapi.yaml`, in our words. Every one throws CoreRejected (final),
 * CoreUnavailable (not done, safe to repeat) or CoreOutcomeUnknown (may be done), and is noted in the exchange's facts.
 */
export function createCoreClient(config: Config['core'], deps: CallDeps) {
  const { clock, metrics } = deps
  const calls = createCalls(config.baseUrl, deps)

  const get = (path: string, { apiKey }: Credentials) =>
    ({ method: 'GET', path, apiKey, limitMs: config.balanceDeadlineMs }) as const

  const post = (action: string, { caller, cardNumber, reference, idempotencyKey }: Order, what: object) =>
    ({
      method: 'POST',
      path: `${cardPath(cardNumber)}/${action}`,
      apiKey: caller.credentials.apiKey,
      idempotencyKey,
      body: {
        ...what,
        venue_id_type: 'CustomParam',
        venue_id: `${config.venueParameter}:${caller.venue.id}`,
        reference,
      },
      limitMs: config.redemptionDeadlineMs,
    }) as const

  return {
    /** @returns undefined where the key's project has no such venue */
    async findVenue(credentials: Credentials, exchange: Exchange): Promise<Venue | undefined> {
      const { venueId } = credentials
      const path = `/venue?param=${config.venueParameter}:${encodeURIComponent(venueId)}`
      const venues = await calls.run(
        { operation: 'findVenue', schema: schemas.venueList, ...get(path, credentials) },
        exchange,
      )
      return toVenue(venues, config.venueParameter, venueId)
    },

    /** @returns a blocked member too: what that means is not decided here */
    async readCard({ credentials }: Caller, cardNumber: string, exchange: Exchange): Promise<Member> {
      const path = cardPath(cardNumber)
      const card = await calls.run(
        { operation: 'readCard', schema: schemas.card, ...get(path, credentials) },
        exchange,
      )
      return toMember(card)
    },

    /** @returns what can be redeemed now and a till can apply */
    async readRewards({ credentials }: Caller, cardNumber: string, exchange: Exchange): Promise<Reward[]> {
      const path = `${cardPath(cardNumber)}/coupons?status=activated`
      const coupons = await calls.run(
        { operation: 'readRewards', schema: schemas.couponList, ...get(path, credentials) },
        exchange,
      )
      const { rewards, leftOut } = toRewards(coupons, config, clock.nowMs())
      metrics.rewardsLeftOut.inc(leftOut)
      return rewards
    },

    async redeemCoupon(order: RewardOrder, exchange: Exchange): Promise<Moved> {
      const redeemed = await calls.run(
        {
          operation: 'redeemCoupon',
          schema: schemas.redeemedCoupon,
          ...post('coupon/redeem', order, { user_coupon_id: order.rewardId }),
          leastLeftMs: leastLeftForTakingMs,
        },
        exchange,
      )
      return toMovedReward(redeemed, config)
    },

    async restoreCoupon(order: RewardOrder, exchange: Exchange): Promise<Moved> {
      const restored = await calls.run(
        {
          operation: 'restoreCoupon',
          schema: schemas.restoredCoupon,
          ...post('coupon/restore', order, { user_coupon_id: order.rewardId }),
        },
        exchange,
      )
      return toMovedReward(restored, config)
    },

    /** @returns `points`: what the member has left */
    async takePoints(order: PointsOrder, exchange: Exchange): Promise<Moved> {
      const taken = await calls.run(
        {
          operation: 'takePoints',
          schema: schemas.movedPoints,
          ...post('points/debit', order, { points: order.points }),
          leastLeftMs: leastLeftForTakingMs,
        },
        exchange,
      )
      return toMovedPoints(taken)
    },

    /** @returns `points`: what the member has now */
    async givePointsBack(order: PointsOrder, exchange: Exchange): Promise<Moved> {
      const given = await calls.run(
        {
          operation: 'givePointsBack',
          schema: schemas.movedPoints,
          ...post('points/credit', order, { points: order.points }),
        },
        exchange,
      )
      return toMovedPoints(given)
    },

    /** The breakers' states by operation, for the health page. */
    states: calls.states,
    close: calls.close,
  }
}

function cardPath(cardNumber: string): string {
  return `/card/${encodeURIComponent(cardNumber)}`
}
