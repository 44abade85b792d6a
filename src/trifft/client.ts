import type { Config } from '../config/config.ts'
import type { Caller, Credentials, Member, Moved, Reward, Venue } from '../model/words.ts'
import type { Exchange } from '../exchange.ts'
import { createCalls, type CallDeps } from './call.ts'
import { replyReserveMs } from './deadline.ts'
import { CoreProtocolError } from './errors.ts'
import { laneOfCheck } from './budget/lanes.ts'
import { toMember, toMovedPoints, toMovedReward, toRewards, toVenue } from './mapping.ts'
import * as schemas from './schemas.ts'
import type { Slot } from './budget/claims.ts'

/** What every call that takes from a member, or gives back, has to say. */
export type Order = {
  caller: Caller
  cardNumber: string
  /** The redemption's id: the same when it is taken and when it is given back. */
  reference: string
  idempotencyKey: string
}
export type RewardOrder = Order & { rewardId: string }
export type PointsOrder = Order & { points: number }

export type CoreClient = ReturnType<typeof createCoreClient>

/** A debit that leaves with less time left would most likely end in doubt. */
const minLeftForDebitMs = 500
/** With less time left than a call usually takes, a slot is of no use: the answer would come too late. */
const usualCallMs = 200
const waitUntilLeftMs = replyReserveMs + usualCallMs

/**
 * The calls of `contracts/trifft-core.openapi.yaml`, in our words. Each throws CoreRejected (final), CoreUnavailable (not
 * done, safe to repeat) or CoreOutcomeUnknown (may be done), and is added to the exchange's facts.
 */
export function createCoreClient(config: Config['core'], deps: CallDeps) {
  const { clock, metrics } = deps
  const calls = createCalls(config, deps)

  const get = ({ credentials }: { credentials: Credentials }, path: string) =>
    ({
      method: 'GET',
      path,
      credentials,
      lane: 'balance',
      limitMs: config.balanceDeadlineMs,
      waitUntilLeftMs,
    }) as const

  const post = (order: Order, action: string, what: object) =>
    ({
      method: 'POST',
      path: `${cardPath(order.cardNumber)}/${action}`,
      credentials: order.caller.credentials,
      idempotencyKey: order.idempotencyKey,
      body: {
        ...what,
        venue_id_type: 'CustomParam',
        venue_id: `${config.venueParameter}:${order.caller.venue.id}`,
        reference: order.reference,
      },
      limitMs: config.redemptionDeadlineMs,
    }) as const

  const taking = {
    lane: 'debit',
    minLeftMs: minLeftForDebitMs,
    waitUntilLeftMs: minLeftForDebitMs,
  } as const

  const givingBack = ({ isBackground }: Exchange) =>
    ({ lane: isBackground ? 'undo' : 'credit', waitUntilLeftMs }) as const

  const cardCall = (caller: Caller, cardNumber: string) =>
    ({ operation: 'readCard', read: schemas.readCard, ...get(caller, cardPath(cardNumber)) }) as const

  const rewardsCall = (caller: Caller, cardNumber: string) =>
    ({
      operation: 'readRewards',
      read: schemas.readUserCoupons,
      ...get(caller, `${cardPath(cardNumber)}/coupons?status=activated`),
    }) as const

  return {
    /**
     * @param options `wasApproved`: whether the core has ever approved this pair
     * @returns undefined if the key's project has no such venue
     */
    async findVenue(
      credentials: Credentials,
      exchange: Exchange,
      { wasApproved }: { wasApproved: boolean },
    ): Promise<Venue | undefined> {
      const { venueId } = credentials
      const isDebit = exchange.message === 'debit'
      const path = `/venue?param=${config.venueParameter}:${encodeURIComponent(venueId)}`
      const venues = await calls.run(
        {
          operation: 'findVenue',
          read: schemas.readVenues,
          ...get({ credentials }, path),
          lane: laneOfCheck(exchange, wasApproved),
          // The message that waits for this check needs time for a call of its own.
          waitUntilLeftMs: usualCallMs + (isDebit ? minLeftForDebitMs : waitUntilLeftMs),
        },
        exchange,
      )
      const venue = toVenue(venues, config.venueParameter, venueId)
      // An entry that could not be read may be this venue, so the core has not refused this till.
      if (!venue && venues.leftOut > 0)
        throw new CoreProtocolError(['(an entry)'], { message: 'findVenue: a venue could not be read' })
      return venue
    },

    /** Slots for `readCard` and `readRewards`: both or none, since a balance needs both. */
    claimBalance: (caller: Caller, cardNumber: string, exchange: Exchange): Promise<Slot> =>
      calls.claimBoth(cardCall(caller, cardNumber), rewardsCall(caller, cardNumber), exchange),

    /** @returns also a blocked member: what that means is decided elsewhere */
    async readCard(caller: Caller, cardNumber: string, exchange: Exchange, claimed?: Slot): Promise<Member> {
      return toMember(await calls.run(cardCall(caller, cardNumber), exchange, claimed))
    },

    /** @returns what can be redeemed now and a till can apply */
    async readRewards(
      caller: Caller,
      cardNumber: string,
      exchange: Exchange,
      claimed?: Slot,
    ): Promise<Reward[]> {
      const coupons = await calls.run(rewardsCall(caller, cardNumber), exchange, claimed)
      const { rewards, leftOut } = toRewards(coupons, config, clock.nowMs())
      metrics.rewardsLeftOut.inc(leftOut)
      return rewards
    },

    async redeemCoupon(order: RewardOrder, exchange: Exchange): Promise<Moved> {
      const redeemed = await calls.run(
        {
          operation: 'redeemCoupon',
          read: schemas.readRedeemedCoupon,
          ...post(order, 'coupon/redeem', { user_coupon_id: order.rewardId }),
          ...taking,
        },
        exchange,
      )
      return toMovedReward(redeemed, config)
    },

    async restoreCoupon(order: RewardOrder, exchange: Exchange): Promise<Moved> {
      const restored = await calls.run(
        {
          operation: 'restoreCoupon',
          read: schemas.readRestoredCoupon,
          ...post(order, 'coupon/restore', { user_coupon_id: order.rewardId }),
          ...givingBack(exchange),
        },
        exchange,
      )
      return toMovedReward(restored, config)
    },

    /** @returns `pointsLeft`: what the member has left */
    async takePoints(order: PointsOrder, exchange: Exchange): Promise<Moved> {
      const taken = await calls.run(
        {
          operation: 'takePoints',
          read: schemas.readMovedPoints,
          ...post(order, 'points/debit', { points: order.points }),
          ...taking,
        },
        exchange,
      )
      return toMovedPoints(taken)
    },

    /** @returns `pointsLeft`: what the member has now */
    async givePointsBack(order: PointsOrder, exchange: Exchange): Promise<Moved> {
      const given = await calls.run(
        {
          operation: 'givePointsBack',
          read: schemas.readMovedPoints,
          ...post(order, 'points/credit', { points: order.points }),
          ...givingBack(exchange),
        },
        exchange,
      )
      return toMovedPoints(given)
    },

    /** The breakers' states by operation, for the health page. */
    states: calls.states,
    openBreakers: calls.openBreakers,
    close: calls.close,
  }
}

function cardPath(cardNumber: string): string {
  return `/card/${encodeURIComponent(cardNumber)}`
}
