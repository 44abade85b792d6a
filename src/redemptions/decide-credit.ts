import type { Code } from '../model/refusal.ts'
import { latestAttempt } from './attempts.ts'
import { isSameWhat } from './content.ts'
import { isDue, type CreditIntent, type Redemption } from './redemption.ts'
import { keyMs } from './transitions.ts'

/** What the journal has of a credit. Rows in any order. */
export type KnownCredit = {
  /** The redemption that this credit's transaction id has asked back before. */
  sameCredit: Redemption | undefined
  /** What it may be about: the redemption that it names, of any venue; else the attempts of its debit; else its bill's. */
  debits: Redemption[]
  /** What the debit was a repeat of, if the credit names its transaction. */
  alias: Redemption | undefined
}

export type CreditQuestion = CreditIntent & {
  /** How an unknown debit would be found later, and what the core would know it by; undefined if nothing names it. */
  unknown: { key: string; reference: string; hasTransactionId: boolean } | undefined
  /** The card's turn did not come in time. */
  isLate: boolean
}

export type CreditDecision =
  | { do: 'send'; redemption: Redemption }
  /** The debit is still on its way: ask for it back, and say that it is not given back yet. */
  | { do: 'requestUndo'; redemption: Redemption; code: Code }
  /** The debit is not known here: ask the core under this reference. `code`: if that is another venue's. */
  | { do: 'adopt'; reference: string; key: string; code: Code }
  /** Nothing is known and nothing is asked: refuse a late debit under this key for a while. */
  | { do: 'leaveTombstone'; reference: string; key: string; forMs: number; code: Code }
  | { do: 'replay'; redemption: Redemption }
  | { do: 'refuse'; code: Code }

/** A debit without a transaction id is forgotten sooner by a credit that came before it. */
const tombstoneOfTransactionMs = 24 * 60 * 60 * 1000
const tombstoneOfBillMs = 60_000

/** What to do about a credit, by what is known of its debit. Pure: a table, read from the top. */
export function decideCredit(known: KnownCredit, credit: CreditQuestion, nowMs: number): CreditDecision {
  const { sameCredit } = known
  const debit = findDebit(known, credit, nowMs)
  if (sameCredit && isDebitNamed(credit) && debit?.id !== sameCredit.id)
    return { do: 'refuse', code: 'DUPLICATE_REFERENCE' }
  if (sameCredit && !isSameCredit(sameCredit, credit)) return { do: 'refuse', code: 'DUPLICATE_REFERENCE' }
  const row = sameCredit ?? debit
  if (!row) return decideUnknownCredit(credit)
  if (row.cardHash !== credit.cardHash) return { do: 'refuse', code: 'NOTHING_TO_GIVE_BACK' }
  if (!isSameCredit(row, credit))
    return { do: 'refuse', code: hasTakenNothing(row) ? 'NOTHING_TO_GIVE_BACK' : 'CREDIT_DIFFERS' }
  if (!row.what) return { do: 'refuse', code: 'NOTHING_TO_GIVE_BACK' }
  return decideKnownCredit(row, credit, nowMs)
}

/** By the redemption, by the debit's transaction for as long as its row is there, or as the bill's latest. */
function findDebit(known: KnownCredit, credit: CreditQuestion, nowMs: number): Redemption | undefined {
  const { venue, redemptionId, debitKey, what } = credit
  if (redemptionId !== undefined) return known.debits.find((row) => row.venue === venue)
  if (debitKey !== undefined) return latestAttempt({ attempts: known.debits, alias: known.alias }, debitKey)
  if (!what) return undefined
  return known.debits
    .filter((row) => isSameWhat(row.what, what) && row.createdAtMs > nowMs - keyMs)
    .toSorted((a, b) => orderToGiveBack(a) - orderToGiveBack(b) || b.createdAtMs - a.createdAtMs)[0]
}

/** Of several on one bill, what stands goes first, and what was given back before what took nothing. */
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

function decideKnownCredit(row: Redemption, credit: CreditQuestion, nowMs: number): CreditDecision {
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
    case 'not_done':
      return { do: 'refuse', code: 'NOTHING_TO_GIVE_BACK' }
  }
}

/** The core is asked if the credit says what, and under which reference; else there is nobody to ask. */
function decideUnknownCredit({ unknown, what, isLate }: CreditQuestion): CreditDecision {
  const code = 'NOTHING_TO_GIVE_BACK'
  if (!unknown) return { do: 'refuse', code }
  const { key, reference, hasTransactionId } = unknown
  if (!hasTransactionId) return { do: 'leaveTombstone', key, reference, forMs: tombstoneOfBillMs, code }
  if (!what) return { do: 'leaveTombstone', key, reference, forMs: tombstoneOfTransactionMs, code }
  return isLate ? { do: 'refuse', code: 'CORE_UNAVAILABLE' } : { do: 'adopt', key, reference, code }
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
