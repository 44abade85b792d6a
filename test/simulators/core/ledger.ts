import { randomUUID } from 'node:crypto'
import type { Card, Project, UserCoupon, Venue } from './project.ts'
import { CoreRefusal } from './refusal.ts'

export type CouponOrder = { user_coupon_id: string; venue_id: string; reference: string }
export type PointsOrder = { points: number; reference: string }

/** Something that has really happened; an answer from memory adds none. */
export type Movement = {
  operation: 'redeem' | 'restore' | 'debit' | 'credit'
  project: string
  card: string
  /** A user coupon's id, or a number of points. */
  what: string | number
  reference: string
  reply: Record<string, unknown>
}

/**
 * The data of the core, and the only place that changes it. Every function throws `CoreRefusal` if the core refuses.
 */
export function createLedger(nowMs: () => number) {
  const movements: Movement[] = []
  const nowS = () => Math.floor(nowMs() / 1000)

  const find = (sought: Omit<Movement, 'reply'>) =>
    movements.find(
      (past) =>
        past.operation === sought.operation &&
        past.project === sought.project &&
        past.card === sought.card &&
        past.what === sought.what &&
        past.reference === sought.reference,
    )

  /** A take is done once per reference: the same again is answered from memory, anything else is refused. */
  function takeOnce(take: Omit<Movement, 'reply'>, move: () => Record<string, unknown>) {
    const done = find(take)
    if (done) return done.reply
    const { project, reference } = take
    if (movements.some((past) => past.project === project && past.reference === reference))
      throw new CoreRefusal('ReferenceReusedException')
    return remember({ ...take, reply: move() })
  }

  /** Only what was taken under the same reference can be given back, and once. */
  function giveBackOnce(undo: Omit<Movement, 'reply'>, move: () => Record<string, unknown>) {
    const done = find(undo)
    if (done) return done.reply
    const operation = undo.operation === 'restore' ? 'redeem' : 'debit'
    if (!find({ ...undo, operation })) throw new CoreRefusal('NothingToRestoreException')
    return remember({ ...undo, reply: move() })
  }

  function remember(movement: Movement) {
    movements.push(movement)
    return movement.reply
  }

  return {
    movements,

    readCard(project: Project, cardId: string) {
      const { id, member, tier, wallet } = cardOf(project, cardId)
      return { id, member, tier, wallet }
    },

    readCoupons: (project: Project, cardId: string, status: string | null) =>
      cardOf(project, cardId)
        .coupons.filter((userCoupon) => status === null || userCoupon.status === status)
        .map(({ id, status, valid_until, coupon }) => ({ id, status, valid_until, coupon })),

    redeem(project: Project, cardId: string, { user_coupon_id, venue_id, reference }: CouponOrder) {
      const take = { project: project.name, card: cardId, what: user_coupon_id, reference }
      return takeOnce({ operation: 'redeem', ...take }, () => {
        const userCoupon = couponOf(unblocked(cardOf(project, cardId)), user_coupon_id)
        refuseUnusable(userCoupon, venuesOf(project, venue_id), nowS())
        userCoupon.status = 'redeemed'
        const { id, status, coupon } = userCoupon
        return { id, status, redeemed_at: nowS(), reference, coupon }
      })
    },

    restore(project: Project, cardId: string, { user_coupon_id, reference }: CouponOrder) {
      const card = cardOf(project, cardId)
      const undo = { project: project.name, card: cardId, what: user_coupon_id, reference }
      return giveBackOnce({ operation: 'restore', ...undo }, () => {
        const userCoupon = couponOf(card, user_coupon_id)
        userCoupon.status = 'activated'
        return { id: userCoupon.id, status: 'activated', reference, coupon: userCoupon.coupon }
      })
    },

    /**
     * Customer care makes a coupon usable again, whoever has redeemed it.
     * @returns the reference of its redemption
     */
    restoreByHand(project: Project, cardId: string, userCouponId: string): string | undefined {
      const userCoupon = couponOf(cardOf(project, cardId), userCouponId)
      const redeemed = movements.findLast(
        ({ operation, what }) => operation === 'redeem' && what === userCouponId,
      )
      if (userCoupon.status !== 'redeemed' || !redeemed) return undefined
      userCoupon.status = 'activated'
      const reply = { id: userCouponId, status: 'activated' }
      remember({ ...redeemed, operation: 'restore', reply })
      return redeemed.reference
    },

    debit(project: Project, cardId: string, { points, reference }: PointsOrder) {
      const take = { project: project.name, card: cardId, what: points, reference }
      return takeOnce({ operation: 'debit', ...take }, () => {
        const { wallet } = unblocked(cardOf(project, cardId))
        if (!wallet || wallet.points < points) throw new CoreRefusal('InsufficientPointsException')
        wallet.points -= points
        return { id: randomUUID(), points: -points, balance: wallet.points, reference }
      })
    },

    credit(project: Project, cardId: string, { points, reference }: PointsOrder) {
      const { wallet } = cardOf(project, cardId)
      const undo = { project: project.name, card: cardId, what: points, reference }
      return giveBackOnce({ operation: 'credit', ...undo }, () => {
        if (!wallet) throw new CoreRefusal('NothingToRestoreException')
        wallet.points += points
        return { id: randomUUID(), points, balance: wallet.points, reference }
      })
    },
  }
}

/** @param param `slug:value` of a custom parameter */
export function venuesOf(project: Project, param: string): Venue[] {
  const [slug = '', ...value] = param.split(':')
  return project.venues.filter((venue) => venue.params[slug] === value.join(':'))
}

function cardOf(project: Project, cardId: string): Card {
  const card = project.cards.find(({ id }) => id === cardId)
  if (!card) throw new CoreRefusal('CardNotFoundException')
  if (!card.member) throw new CoreRefusal('MemberNotFoundException')
  return card
}

function unblocked(card: Card): Card {
  if (card.member?.is_blocked) throw new CoreRefusal('MemberBlockedException')
  return card
}

function couponOf(card: Card, userCouponId: string): UserCoupon {
  const userCoupon = card.coupons.find(({ id }) => id === userCouponId)
  if (!userCoupon) throw new CoreRefusal('UserCouponNotFoundException')
  return userCoupon
}

function refuseUnusable(
  { status, valid_until, coupon, allowed_venues }: UserCoupon,
  at: Venue[],
  nowS: number,
) {
  if (status === 'redeemed') throw new CoreRefusal('UserCouponAlreadyRedeemedException')
  if (status === 'expired' || (valid_until !== null && valid_until < nowS))
    throw new CoreRefusal('UserCouponExpiredException')
  if (status !== 'activated' || !coupon.is_enabled) throw new CoreRefusal('UserCouponNotActivatedException')
  if (allowed_venues && !at.some((venue) => allowed_venues.includes(venue.id)))
    throw new CoreRefusal('VenueNotAllowedException')
}
