import type { Code } from '../model/refusal.ts'
import { isRemembered, latestAttempt, nextAttempt, type KnownAttempts } from './attempts.ts'
import { isSameContent } from './content.ts'
import { hasNothingAtCore, stands, type DebitIntent, type Redemption } from './redemption.ts'
import { keyMs } from './transitions.ts'

/** What the journal has of a debit. Rows in any order. */
export type KnownDebit = KnownAttempts & {
  /** Of the same card and coupon, at any venue: what is taken, or may be. */
  ofCoupon: Redemption[]
}

export type DebitDecision =
  /** `again`: the row of an attempt that was not done, which is made again. */
  | { do: 'send'; attempt: number; again?: Redemption }
  | { do: 'replay'; redemption: Redemption }
  | { do: 'refuse'; code: Code }

/**
 * What to do about a debit, by what is already known of it. Pure: a table, read from the top. A row that is `sent` and due
 * was left by whoever sent it, so nobody knows its outcome: it is in doubt.
 */
export function decideDebit(known: KnownDebit, intent: DebitIntent, nowMs: number): DebitDecision {
  const row = latestAttempt(known, intent.key, (one) => isRemembered(one, nowMs))
  const repeated = row && decideRepeatedDebit(row, intent)
  if (repeated) return repeated
  const sameCoupon = findSameCoupon(known, intent, nowMs)
  if (sameCoupon) return { do: 'replay', redemption: sameCoupon }
  if (isCouponHeld(known, intent)) return { do: 'refuse', code: 'TRY_AGAIN_SHORTLY' }
  if (row?.state === 'not_done') return { do: 'send', attempt: attemptOf(row, intent), again: row }
  return { do: 'send', attempt: nextAttempt(known.attempts) }
}

/** @returns undefined if it is a new attempt */
function decideRepeatedDebit(row: Redemption, intent: DebitIntent): DebitDecision | undefined {
  const { hasTransactionId } = intent
  const wasSent = row.sentAtMs !== undefined
  // Without an id of its own a debit is told from the next one on this bill by the ticket between them.
  if (stands(row) && row.ticketKey !== undefined && !hasTransactionId) return undefined
  // Only its credit has ever come: what is late was given back before it was taken.
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

/** The till heard "not redeemed" and tries again, unless it has asked for it back itself. */
function decideReversed(row: Redemption, { hasTransactionId }: DebitIntent): DebitDecision | undefined {
  return hasTransactionId && row.undo?.by === 'till'
    ? { do: 'refuse', code: 'ALREADY_GIVEN_BACK' }
    : undefined
}

/**
 * A user coupon can be taken once: the same card, bill and coupon is the same debit under whatever key. After the bill's
 * ticket, or a day, the coupon may have been given back where nobody here hears of it.
 */
function findSameCoupon(
  { ofCoupon }: KnownDebit,
  { venue, account }: DebitIntent,
  nowMs: number,
): Redemption | undefined {
  return ofCoupon
    .filter((row) => row.venue === venue && row.account === account && stands(row))
    .filter((row) => row.ticketKey === undefined && (row.confirmedAtMs ?? 0) > nowMs - keyMs)
    .toSorted((a, b) => (b.confirmedAtMs ?? 0) - (a.confirmedAtMs ?? 0))[0]
}

/**
 * A debit of this card and coupon under another key is on its way, in doubt, or being given back. Of the same project only:
 * whoever has another's card number must not hold its coupons.
 */
function isCouponHeld({ ofCoupon }: KnownDebit, { key, tenant }: DebitIntent): boolean {
  return ofCoupon.some((row) => row.key !== key && (row.tenant ?? tenant) === tenant && mayBeTaken(row))
}

function mayBeTaken(row: Redemption): boolean {
  if (row.state === 'in_doubt') return !hasNothingAtCore(row)
  return row.state === 'sent' || (row.state === 'confirmed' && row.undo !== undefined)
}

/** A credit that named the redemption itself may have left a row under its id before its debit ever came. */
function attemptOf(row: Redemption, { key }: DebitIntent): number {
  return row.key === key ? row.attempt : 1
}

/** @returns whether the same coupon was taken by a later debit: then a lost call of this one cannot have taken it */
export function isTakenLater(row: Redemption, ofCoupon: Redemption[]): boolean {
  return ofCoupon.some(
    ({ state, tenant, sentAtMs }) =>
      state === 'confirmed' && tenant === row.tenant && (sentAtMs ?? 0) > (row.sentAtMs ?? 0),
  )
}
