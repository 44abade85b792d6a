/** The words that every room speaks. Zonal's names stop in `zonal/`, TRIFFT's names stop in `core/`. */

/** What a till proves itself with: the venue's Aztec ID and the project's TRIFFT API key. */
export type Credentials = {
  venueId: string
  apiKey: string
  /** SHA-256 of the API key, hex. */
  keyHash: string
  /** Its first 16 digits: names the key, also outside, without being one. */
  tenant: string
}

export type Venue = {
  /** The Aztec venue ID, as the till says it. */
  id: string
  /** TRIFFT's own id of the venue: the same after the API key was renewed, another in another project. */
  coreId: string
  /** ISO 4217; undefined where TRIFFT does not say. */
  currency: string | undefined
}

/** A till whose venue and key TRIFFT has approved. */
export type Caller = { credentials: Credentials; venue: Venue }

export type Member = {
  /** For the till: first name and the initial of the last, "Anna K."; no other part of the name is kept. */
  name: string | undefined
  isBlocked: boolean
  program: string | undefined
  points: number | undefined
}

/** What the till can apply: a promotion by its trigger product, or a discount. */
export type Reward = {
  id: string
  name?: string
  type?: 'promotion' | 'discount'
  entityCode?: string
  discountId?: string
  /** In points, where it costs points. */
  cost?: number
  /** ISO 8601, UTC, seconds. */
  expires?: string
}

export type Balance = {
  member: Member
  rewards: Reward[]
  /** When the core said so, epoch ms. */
  asOfMs: number
  /** True only where the core could not answer just now. */
  isStale: boolean
}

/**
 * What a debit takes.
 * `standIn`: shown and compared instead of a coupon's id that holds the card number; only the core, the till and the
 * event of the bill hear the id itself.
 */
export type What = { kind: 'coupon'; rewardId: string; standIn?: string } | { kind: 'points'; points: number }

/** The name of a coupon where the card number must not be seen. */
export function shownId(coupon: Extract<What, { kind: 'coupon' }>): string {
  return coupon.standIn ?? coupon.rewardId
}

/** What the core said of a redemption or of its reversal. */
export type Moved = { reward?: Reward; pointsLeft?: number }

/** Fields that any message may carry; all are the POS's own words and are only passed on. */
export type PosFields = {
  /** The POS's own reference of this call. */
  transactionId?: string
  /** The bill. */
  accountNumber?: string
  siteId?: string
  siteRef?: string
  salesAreaId?: string
  terminalId?: string
  staffId?: string
  dateTime?: string
}

export type BalanceRequest = PosFields & { cardNumber: string }
export type DebitRequest = PosFields & { cardNumber: string; accountNumber: string; what: What }
export type CreditRequest = PosFields & {
  cardNumber: string
  redemptionId?: string
  originalTransactionId?: string
  what?: What
}

export type TicketItem = {
  id?: string
  name?: string
  quantity?: number
  unitPriceMinor?: number
  totalMinor?: number
  taxMinor?: number
  discountMinor?: number
  category?: string
  portion?: string
}
type TicketDiscount = { id?: string; name?: string; amountMinor?: number }
type TicketPayment = { type?: string; amountMinor?: number }
export type TicketRedemption = { redemptionId?: string; rewardId?: string; points?: number }

export type TicketKind = 'sale' | 'void' | 'refund'

/** A closed bill, read and checked. Amounts are integers in minor units of `currency`. */
export type Ticket = PosFields & {
  ticketId: string
  kind: TicketKind
  /** Epoch ms. */
  closedAtMs: number
  /**
   * Epoch ms: the second moment that the bill may have been closed at, only if the till gave a local time that occurs
   * twice; `closedAtMs` is the first.
   */
  closedAtLatestMs?: number
  openedAtMs?: number
  /** YYYY-MM-DD: what the POS says, else the venue's local date of `closedAtMs`. */
  businessDate: string
  currency: string
  totalMinor: number
  cardNumber?: string
  covers?: number
  tipsMinor?: number
  serviceChargeMinor?: number
  items: TicketItem[]
  discounts: TicketDiscount[]
  payments: TicketPayment[]
  redemptions: TicketRedemption[]
}

/** A ticket that nobody could read, as it came but for its credentials, with what is needed to read it again. */
export type UnreadMessage = {
  venue: Venue
  tenant: string
  /** In which it was answered; undefined for one of an earlier version, which knew `json` alone. */
  dialect?: string
  /** Of its address, below the base path; undefined for one of an earlier version. */
  path?: string
  contentType: string
  /** How it is still packed, if it could not be unpacked. */
  contentEncoding?: string | undefined
  /** Its bytes, so that those of any charset survive. */
  base64: string
  /** Only its beginning was kept: how long it was, and the SHA-256 of all of it, in hex. */
  cut?: { totalBytes: number; sha256: string } | undefined
}

/** Last four of a card of eight characters or more, nothing of a shorter one; a sign beyond Latin-1 would double the log. */
export function maskCard(cardNumber: string): string {
  return cardNumber.length >= 8 ? `*${cardNumber.slice(-4)}` : '*'
}
