import type {
  CreditDecision,
  CreditIntent,
  DebitDecision,
  DebitIntent,
  KnownCredit,
  KnownDebit,
  Redemption,
} from './redemption.ts'
import { shownId, type What } from '../model/words.ts'

/**
 * What to do about a debit or a credit, by what is already known of it. Pure: one table each, read from the top.
 * A row that is `sent` and due was left by whoever sent it, so nobody knows its outcome: it is in doubt.
 */

export function decideDebit({ sameKey, sameCoupon, isHeld }: KnownDebit, intent: DebitIntent): DebitDecision {
  const repeated = sameKey && decideRepeatedDebit(sameKey, intent)
  if (repeated) return repeated
  if (sameCoupon) return { do: 'replay', redemption: sameCoupon }
  if (isHeld) return { do: 'refuse', code: 'TRY_AGAIN_SHORTLY' }
  return { do: 'send' }
}

/** @returns undefined where it is a new attempt */
function decideRepeatedDebit(row: Redemption, intent: DebitIntent): DebitDecision | undefined {
  // Without an id of its own a debit is told from the next one on this bill by the ticket between them.
  if (row.state === 'confirmed' && row.ticketKey && !row.undoBy && !intent.isNamed) return undefined
  // Only its credit has ever come: what is late was given back before it was taken.
  if (!row.wasSent && row.state === 'reversed') return { do: 'refuse', code: 'ALREADY_GIVEN_BACK' }
  if (row.wasSent && !isSameContent(row, intent)) return { do: 'refuse', code: 'DUPLICATE_REFERENCE' }
  switch (row.state) {
    case 'in_doubt':
      // Where the core has nothing to give back the reward is free; only the row waits for a call that may still come.
      return row.isFreed ? decideReversed(row, intent) : { do: 'refuse', code: 'TRY_AGAIN_SHORTLY' }
    case 'sent':
    case 'stuck':
      return { do: 'refuse', code: 'TRY_AGAIN_SHORTLY' }
    case 'confirmed':
      return row.undoBy ? { do: 'refuse', code: 'TRY_AGAIN_SHORTLY' } : { do: 'replay', redemption: row }
    case 'refused':
      return intent.isNamed ? { do: 'replay', redemption: row } : undefined
    case 'credited':
      return intent.isNamed ? { do: 'refuse', code: 'ALREADY_GIVEN_BACK' } : undefined
    case 'reversed':
      return decideReversed(row, intent)
    case 'not_done':
      return undefined
  }
}

/** The till heard "not redeemed" and tries again, unless it has asked for it back itself. */
function decideReversed(row: Redemption, intent: DebitIntent): DebitDecision | undefined {
  return intent.isNamed && row.undoBy === 'till' ? { do: 'refuse', code: 'ALREADY_GIVEN_BACK' } : undefined
}

/** A debit without a transaction id is forgotten sooner by a credit that came before it. */
const entombedTransactionMs = 24 * 60 * 60 * 1000
const entombedBillMs = 60_000

export type CreditQuestion = CreditIntent & {
  /** How an unknown debit would be found later, and what the core would know it by; undefined where nothing names it. */
  unknown: { key: string; reference: string; isNamed: boolean } | undefined
  /** The card's turn did not come in time. */
  isLate: boolean
}

export function decideCredit({ sameCredit, debit }: KnownCredit, credit: CreditQuestion): CreditDecision {
  if (sameCredit && isDebitNamed(credit) && debit?.id !== sameCredit.id)
    return { do: 'refuse', code: 'DUPLICATE_REFERENCE' }
  if (sameCredit && !isSameCredit(sameCredit, credit)) return { do: 'refuse', code: 'DUPLICATE_REFERENCE' }
  const row = sameCredit ?? debit
  if (!row) return decideUnknownCredit(credit)
  if (row.cardHash !== credit.cardHash) return { do: 'refuse', code: 'NOTHING_TO_GIVE_BACK' }
  if (!isSameCredit(row, credit))
    return { do: 'refuse', code: hasTakenNothing(row) ? 'NOTHING_TO_GIVE_BACK' : 'CREDIT_DIFFERS' }
  if (!row.what) return { do: 'refuse', code: 'NOTHING_TO_GIVE_BACK' }
  return decideKnownCredit(row, credit)
}

function decideKnownCredit(row: Redemption, credit: CreditQuestion): CreditDecision {
  switch (row.state) {
    case 'sent':
      if (!row.isDue) return { do: 'ask', redemption: row }
      return credit.isLate ? { do: 'refuse', code: 'NOT_GIVEN_BACK_YET' } : { do: 'send', redemption: row }
    case 'in_doubt':
    case 'stuck':
      return credit.isLate ? { do: 'refuse', code: 'NOT_GIVEN_BACK_YET' } : { do: 'send', redemption: row }
    case 'confirmed':
      if (!credit.isLate) return { do: 'send', redemption: row }
      return { do: 'refuse', code: row.undoBy ? 'NOT_GIVEN_BACK_YET' : 'CORE_UNAVAILABLE' }
    case 'credited':
      return !credit.creditKey || credit.creditKey === row.creditKey
        ? { do: 'replay', redemption: row }
        : { do: 'refuse', code: 'ALREADY_GIVEN_BACK' }
    case 'reversed':
      return row.wasSent || row.givenBack
        ? { do: 'replay', redemption: row }
        : { do: 'refuse', code: 'NOTHING_TO_GIVE_BACK' }
    case 'refused':
    case 'not_done':
      return { do: 'refuse', code: 'NOTHING_TO_GIVE_BACK' }
  }
}

/** The core is asked where the credit says what, and under which reference; else there is nobody to ask. */
function decideUnknownCredit({ unknown, what, isLate }: CreditQuestion): CreditDecision {
  if (!unknown) return { do: 'refuse', code: 'NOTHING_TO_GIVE_BACK' }
  const { key, reference, isNamed } = unknown
  if (!isNamed) return { do: 'entomb', key, reference, forMs: entombedBillMs }
  if (!what) return { do: 'entomb', key, reference, forMs: entombedTransactionMs }
  return isLate ? { do: 'refuse', code: 'CORE_UNAVAILABLE' } : { do: 'adopt', key, reference }
}

/** Card, bill, and reward or points: nothing else tells one debit from another. */
export function isSameContent(
  a: { cardHash: string; account: string | undefined; what: What | undefined },
  b: { cardHash: string; account: string | undefined; what: What | undefined },
): boolean {
  return a.cardHash === b.cardHash && a.account === b.account && isSameWhat(a.what, b.what)
}

/**
 * A credit need not say what it gives back; what it does say must fit. If it names its debit, its bill does not matter:
 * tables are moved.
 */
function isSameCredit(row: Redemption, credit: CreditIntent): boolean {
  if (row.cardHash !== credit.cardHash) return false
  if (!isDebitNamed(credit) && credit.account && row.account && credit.account !== row.account) return false
  return !credit.what || !row.what || isSameWhat(row.what, credit.what)
}

function isDebitNamed({ redemptionId, debitKey }: CreditIntent): boolean {
  return (redemptionId ?? debitKey) !== undefined
}

function hasTakenNothing({ state }: Redemption): boolean {
  return state === 'refused' || state === 'not_done'
}

function isSameWhat(a: What | undefined, b: What | undefined): boolean {
  if (a?.kind === 'coupon') return b?.kind === 'coupon' && shownId(a) === shownId(b)
  if (a?.kind === 'points') return b?.kind === 'points' && a.points === b.points
  return b === undefined
}
