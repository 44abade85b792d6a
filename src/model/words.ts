/** The types that all rooms share. Zonal's own names stay in `zonal/`, TRIFFT's in `trifft/`. */

/** What a till authenticates with: the venue's Aztec ID and the project's TRIFFT API key. */
export type Credentials = {
  venueId: string
  apiKey: string
  /** SHA-256 of the API key, hex. */
  keyHash: string
  /** The first 16 digits of `keyHash`: identifies the key without revealing it. */
  tenant: string
}

export type Venue = {
  /** The Aztec venue ID, as the till sends it. */
  id: string
  /** TRIFFT's id of the venue. Differs between projects, and stays the same when the API key is renewed. */
  coreId: string
  /** ISO 4217; undefined if TRIFFT does not say. */
  currency: string | undefined
}

/** A till whose venue and key TRIFFT has approved. */
export type Caller = { credentials: Credentials; venue: Venue }

export type Member = {
  /** For the till: first name and initial of the last name, "Anna K."; the rest of the name is not kept. */
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
  /** In points, if it costs points. */
  cost?: number
  /** ISO 8601, UTC, seconds. */
  expires?: string
}

export type Balance = {
  member: Member
  rewards: Reward[]
  /** When the core returned it, epoch ms. */
  asOfMs: number
  /** From the cache, because the core could not answer. */
  isStale: boolean
}

/**
 * What a debit takes.
 * `standIn`: logged and stored instead of a coupon's id that contains the card number. Only the core, the till and the
 * bill's event get the id itself.
 */
export type What = { kind: 'coupon'; rewardId: string; standIn?: string } | { kind: 'points'; points: number }

/** The id of a coupon for places that must not show a card number. */
export function shownId(coupon: Extract<What, { kind: 'coupon' }>): string {
  return coupon.standIn ?? coupon.rewardId
}

/** What the core answered to a redemption or its reversal. */
export type Moved = { reward?: Reward; pointsLeft?: number }

/** What a message of a till asks for. */
export const operations = ['balance', 'debit', 'credit', 'ticket'] as const
export type Operation = (typeof operations)[number]

/** Fields that any message may carry. All values are the POS's own. */
export type PosFields = {
  /** The POS's reference of this call. */
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

/** A closed bill, parsed and checked. Amounts are integers in minor units of `currency`. */
export type Ticket = PosFields & {
  ticketId: string
  kind: TicketKind
  /** Epoch ms. */
  closedAtMs: number
  /**
   * Epoch ms. Only if the till gave a local time that occurs twice, when clocks go back: the later of the two, while
   * `closedAtMs` is the earlier.
   */
  closedAtLatestMs?: number
  openedAtMs?: number
  /** YYYY-MM-DD: from the POS, else the venue's local date of `closedAtMs`. */
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

/** A ticket that could not be read: as it came, without its credentials, and with what is needed to read it again. */
export type UnreadMessage = {
  venue: Venue
  tenant: string
  /** In which it was answered; undefined for one of an earlier version, which knew `json` alone. */
  dialect?: string
  /** Of its address, below the base path; undefined for one of an earlier version. */
  path?: string
  contentType: string
  /** The content encoding that is still on it, if it could not be decoded. */
  contentEncoding?: string | undefined
  /** The bytes as they came, in whatever charset. */
  base64: string
  /** Set if only the beginning was kept: the full length, and the SHA-256 of the full message in hex. */
  cut?: { totalBytes: number; sha256: string } | undefined
}

/**
 * The last four characters of a card of eight or more; nothing of a shorter one. Masked by `*`, since a character
 * beyond Latin-1 would double the memory of every log line.
 */
export function maskCard(cardNumber: string): string {
  return cardNumber.length >= 8 ? `*${cardNumber.slice(-4)}` : '*'
}
