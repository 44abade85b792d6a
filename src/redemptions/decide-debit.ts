import type { Code } from '../model/refusal.ts'
import { isRemembered, latestAttempt, nextAttempt, type KeyRows } from './attempts.ts'
import { isSameContent } from './content.ts'
import { hasNothingAtCore, keyMs, stands, type DebitIntent, type Redemption } from './redemption.ts'

/** The rows that matter to a debit, in any order. */
export type DebitRows = KeyRows & {
  /** Those of the same card and coupon, at any venue, that are taken or may be. */
  ofCoupon: Redemption[]
}

/** Those of a card whose calls may be on their way, whichever replica has sent them. */
export type CardRows = { underWay: Redemption[] }

export type DebitDecision =
  /** `again`: the row of an attempt that was not done, and is repeated. */
  | { do: 'send'; attempt: number; again?: Redemption }
  | { do: 'replay'; redemption: Redemption }
  | { do: 'refuse'; code: Code }
  /** Another replica has a call of the card under way: look again a little later. */
  | { do: 'wait' }

/** Whether a call of the card is under way. The same card number in another project does not count. */
export function isHeldUp({ underWay }: CardRows, tenant: string): boolean {
  return underWay.some((row) => (row.tenant ?? tenant) === tenant)
}

/** What to do about a debit, given the rows that matter to it. Pure: a decision table, read from the top. */
export function decideDebit(rows: DebitRows, intent: DebitIntent, nowMs: number): DebitDecision {
  const row = latestAttempt(rows, intent.key, (one) => isRemembered(one, nowMs))
  const repeated = row && decideRepeatedDebit(row, intent)
  if (repeated) return repeated
  const sameCoupon = findSameCoupon(rows, intent, nowMs)
  if (sameCoupon) return { do: 'replay', redemption: sameCoupon }
  if (isCouponHeld(rows, intent)) return { do: 'refuse', code: 'TRY_AGAIN_SHORTLY' }
  if (row?.state === 'not_done') return { do: 'send', attempt: attemptOf(row, intent), again: row }
  return { do: 'send', attempt: nextAttempt(rows.attempts) }
}

/** @returns undefined if it is a new attempt */
function decideRepeatedDebit(row: Redemption, intent: DebitIntent): DebitDecision | undefined {
  const { hasTransactionId } = intent
  const wasSent = row.sentAtMs !== undefined
  // Without a transaction id it is the bill's ticket that tells this debit from the next one on the same bill.
  if (stands(row) && row.ticketKey !== undefined && !hasTransactionId) return undefined
  // Only its credit has come so far: this debit is late, and was given back before it was taken.
  if (!wasSent && row.state === 'reversed') return { do: 'refuse', code: 'ALREADY_GIVEN_BACK' }
  if (wasSent && !isSameContent(row, intent)) return { do: 'refuse', code: 'DUPLICATE_REFERENCE' }
  switch (row.state) {
    case 'in_doubt':
      return hasNothingAtCore(row) ? decideReversed(row, intent) : { do: 'refuse', code: 'TRY_AGAIN_SHORTLY' }
    case 'sent':
    case 'stuck':
      return { do: 'refuse', code: 'TRY_AGAIN_SHORTLY' }
    case 'confirmed':
      return row.undo ? { do: 'refuse', code: 'TRY_AGAIN_SHORTLY' } : { do: 'replay', redemption: row }
    case 'refused':
      return hasTransactionId ? { do: 'replay', redemption: row } : undefined
    case 'credited':
      return hasTransactionId ? { do: 'refuse', code: 'ALREADY_GIVEN_BACK' } : undefined
    case 'reversed':
      return decideReversed(row, intent)
    case 'not_done':
      return undefined
  }
}

/** The till heard "not redeemed" and tries again, unless it has sent a credit for it. */
function decideReversed(row: Redemption, { hasTransactionId }: DebitIntent): DebitDecision | undefined {
  return hasTransactionId && row.undo?.by === 'till'
    ? { do: 'refuse', code: 'ALREADY_GIVEN_BACK' }
    : undefined
}

/**
 * A user coupon can be taken once, so the same card, bill and coupon is the same debit, whatever its key. Only until
 * the bill's ticket, and for a day: after that the coupon may have been given back at TRIFFT without our knowledge.
 */
function findSameCoupon(
  { ofCoupon }: DebitRows,
  { venue, account }: DebitIntent,
  nowMs: number,
): Redemption | undefined {
  return ofCoupon
    .filter((row) => row.venue === venue && row.account === account && stands(row))
    .filter((row) => row.ticketKey === undefined && (row.confirmedAtMs ?? 0) > nowMs - keyMs)
    .toSorted((a, b) => (b.confirmedAtMs ?? 0) - (a.confirmedAtMs ?? 0))[0]
}

/**
 * Whether a debit of this card and coupon under another key is on its way, in doubt, or being given back. Only of the
 * same project: nobody may hold a guest's coupons by sending the card number with another project's key.
 */
function isCouponHeld({ ofCoupon }: DebitRows, { key, tenant }: DebitIntent): boolean {
  return ofCoupon.some((row) => row.key !== key && (row.tenant ?? tenant) === tenant && mayBeTaken(row))
}

function mayBeTaken(row: Redemption): boolean {
  if (row.state === 'in_doubt') return !hasNothingAtCore(row)
  return row.state === 'sent' || (row.state === 'confirmed' && row.undo !== undefined)
}

/** The row may be under another key: that of a credit that named the redemption id before its debit came. */
function attemptOf(row: Redemption, { key }: DebitIntent): number {
  return row.key === key ? row.attempt : 1
}

/** @returns whether a later debit took the same coupon: then the lost call of this one did not take it */
export function isTakenLater(row: Redemption, ofCoupon: Redemption[]): boolean {
  return ofCoupon.some(
    ({ state, tenant, sentAtMs }) =>
      state === 'confirmed' && tenant === row.tenant && (sentAtMs ?? 0) > (row.sentAtMs ?? 0),
  )
}
