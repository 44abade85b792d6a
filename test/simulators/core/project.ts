/** A TRIFFT project: its keys and the data of its members, with the names and units of the API. */
export type Project = {
  name: string
  keys: Record<string, KeyRole>
  venues: Venue[]
  cards: Card[]
}

export type KeyRole = 'write' | 'read' | 'revoked'

export type Venue = {
  id: string
  name: string
  slug: string
  /** ISO 4217 */
  currency?: string
  params: Record<string, string>
}

export type Card = {
  id: string
  /** A card that nobody has registered has none. */
  member?: { id: string; first_name: string; last_name: string; is_blocked: boolean }
  tier?: { id: string; name: string }
  wallet?: { id: string; name: string; points: number }
  coupons: UserCoupon[]
}

export type UserCoupon = {
  id: string
  status: 'assigned' | 'activated' | 'redeemed' | 'expired'
  /** UNIX seconds */
  valid_until: number | null
  coupon: {
    id: string
    name: string
    type: 'GENERAL'
    points: number | null
    is_enabled: boolean
    params: Record<string, string>
  }
  /** TRIFFT's ids of the venues that may redeem it; absent: all. No reply shows it. */
  allowed_venues?: string[]
}
