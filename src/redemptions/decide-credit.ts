import type { Code } from '../model/refusal.ts'
import { latestAttempt } from './attempts.ts'
import { isSameWhat } from './content.ts'
import { isDue, keyMs, type CreditIntent, type Redemption } from './redemption.ts'

/** The rows that a credit may be about, in any order. */
export type CreditRows = {
  /** The redemption that a credit with this transaction id was for before. */
  sameCredit: Redemption | undefined
  /** The redemption that it names, of any venue; else the attempts of the debit that it names; else its bill's. */
  debits: Redemption[]
  /** The redemption that its debit was a repeat of, if it names the debit's transaction. */
  alias: Redemption | undefined
}

export type CreditQuestion = CreditIntent & {
  /** For a debit that has no row: its key, and its reference at the core; undefined if the credit does not name it. */
  unseenDebit: { key: string; reference: string; hasTransactionId: boolean } | undefined
  /** The card's turn did not come in time. */
  isLate: boolean
}

export type CreditDecision =
  | { do: 'send'; redemption: Redemption }
  /** The debit is still on its way: request its undo, and answer with the code. */
  | { do: 'requestUndo'; redemption: Redemption; code: Code }
  /** The debit has no row: ask the core under this reference. `code`: the answer if that is another venue's. */
  | { do: 'adopt'; reference: string; key: string; code: Code }
  /** The debit has no row, and the core is not asked: for a while, refuse a debit that comes late under this key. */
  | { do: 'leaveTombstone'; reference: string; key: string; forMs: number; code: Code }
  | { do: 'replay'; redemption: Redemption }
  | { do: 'refuse'; code: Code }
  /** Another replica has a call of the card under way: look again a little later. */
  | { do: 'wait' }

/** Short without a transaction id, since a new debit of the same coupon on the same bill has the same key. */
const tombstoneOfTransactionMs = 24 * 60 * 60 * 1000
const tombstoneOfBillMs = 60_000

/** What to do about a credit, given the rows of its debit. Pure: a decision table, read from the top. */
export function decideCredit(rows: CreditRows, credit: CreditQuestion, nowMs: number): CreditDecision {
  const { sameCredit } = rows
  const debit = findDebit(rows, credit, nowMs)
  if (sameCredit && isDebitNamed(credit) && debit?.id !== sameCredit.id)
    return { do: 'refuse', code: 'DUPLICATE_REFERENCE' }
  if (sameCredit && !isSameCredit(sameCredit, credit)) return { do: 'refuse', code: 'DUPLICATE_REFERENCE' }
  const row = sameCredit ?? debit
  if (!row) return decideWithoutRow(credit)
  if (row.cardHash !== credit.cardHash) return { do: 'refuse', code: 'NOTHING_TO_GIVE_BACK' }
  if (!isSameCredit(row, credit))
    return { do: 'refuse', code: hasTakenNothing(row) ? 'NOTHING_TO_GIVE_BACK' : 'CREDIT_DIFFERS' }
  if (!row.what) return { do: 'refuse', code: 'NOTHING_TO_GIVE_BACK' }
  return decideByState(row, credit, nowMs)
}

/** By redemption id, by the debit's transaction id for as long as the row is kept, or as the latest of the bill. */
function findDebit(rows: CreditRows, credit: CreditQuestion, nowMs: number): Redemption | undefined {
  const { venue, redemptionId, debitKey, what } = credit
  if (redemptionId !== undefined) return rows.debits.find((row) => row.venue === venue)
  if (debitKey !== undefined) return latestAttempt({ attempts: rows.debits, alias: rows.alias }, debitKey)
  if (!what) return undefined
  return rows.debits
    .filter((row) => isSameWhat(row.what, what) && row.createdAtMs > nowMs - keyMs)
    .toSorted((a, b) => orderToGiveBack(a) - orderToGiveBack(b) || b.createdAtMs - a.createdAtMs)[0]
}

/** Of several debits on one bill: what stands first, then what is open, what was given back, what took nothing. */
function orderToGiveBack({ state, undo }: Redemption): number {
  switch (state) {
    case 'confirmed':
      return undo ? 1 : 0
    case 'sent':
    case 'in_doubt':
    case 'stuck':
      return 2
    case 'credited':
    case 'reversed':
      return 3
    case 'refused':
    case 'not_done':
      return 4
  }
}

function decideByState(row: Redemption, credit: CreditQuestion, nowMs: number): CreditDecision {
  switch (row.state) {
    case 'sent':
      if (!isDue(row, nowMs)) return { do: 'requestUndo', redemption: row, code: 'NOT_GIVEN_BACK_YET' }
      return credit.isLate ? { do: 'refuse', code: 'NOT_GIVEN_BACK_YET' } : { do: 'send', redemption: row }
    case 'in_doubt':
    case 'stuck':
      return credit.isLate ? { do: 'refuse', code: 'NOT_GIVEN_BACK_YET' } : { do: 'send', redemption: row }
    case 'confirmed':
      if (!credit.isLate) return { do: 'send', redemption: row }
      return { do: 'refuse', code: row.undo ? 'NOT_GIVEN_BACK_YET' : 'CORE_UNAVAILABLE' }
    case 'credited':
      return !credit.creditKey || credit.creditKey === row.creditKey
        ? { do: 'replay', redemption: row }
        : { do: 'refuse', code: 'ALREADY_GIVEN_BACK' }
    case 'reversed':
      return row.sentAtMs !== undefined || row.givenBack
        ? { do: 'replay', redemption: row }
        : { do: 'refuse', code: 'NOTHING_TO_GIVE_BACK' }
    case 'refused':
      return { do: 'refuse', code: 'NOTHING_TO_GIVE_BACK' }
    case 'not_done':
      // Of a debit that was never seen here: a credit came, and the core could not be asked.
      if (row.sentAtMs !== undefined) return { do: 'refuse', code: 'NOTHING_TO_GIVE_BACK' }
      return credit.isLate ? { do: 'refuse', code: 'CORE_UNAVAILABLE' } : { do: 'send', redemption: row }
  }
}

/** The core can only be asked if the credit says what was taken, and under which transaction or redemption id. */
function decideWithoutRow({ unseenDebit, what, isLate }: CreditQuestion): CreditDecision {
  const code = 'NOTHING_TO_GIVE_BACK'
  if (!unseenDebit) return { do: 'refuse', code }
  const { key, reference, hasTransactionId } = unseenDebit
  if (!hasTransactionId) return { do: 'leaveTombstone', key, reference, forMs: tombstoneOfBillMs, code }
  if (!what) return { do: 'leaveTombstone', key, reference, forMs: tombstoneOfTransactionMs, code }
  return isLate ? { do: 'refuse', code: 'CORE_UNAVAILABLE' } : { do: 'adopt', key, reference, code }
}

/**
 * A credit need not say what it gives back, but what it says must match. If it names its debit, its bill need not
 * match: the guests may have moved to another table.
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
