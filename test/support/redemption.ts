import type { Journal } from '../../src/journal/journal.ts'
import type { Moved } from '../../src/model/words.ts'
import { nextAttempt } from '../../src/redemptions/attempts.ts'
import { beginDebit } from '../../src/redemptions/begin.ts'
import type { DebitDecision, DebitRows } from '../../src/redemptions/decide-debit.ts'
import {
  isFinal,
  stands,
  type DebitIntent,
  type DebitOutcome,
  type OperatorDecision,
  type Redemption,
  type Undo,
  type UndoOutcome,
} from '../../src/redemptions/redemption.ts'

/** The venue and card of debits and credits in the tests of decisions. */
export const venueAndCard = {
  venue: 'v',
  venueId: '1902',
  tenant: 'tenant',
  cardHash: 'card',
  cardMasked: '*0001',
  secret: { cardNumber: 'CARD0001', apiKey: 'key-of-the-project' },
}

/** @returns what `dueUndos` returns for a row */
export function dueUndo(id: string) {
  return { id, cardHash: venueAndCard.cardHash }
}

/** A debit of a coupon under a transaction id. */
export const couponDebit: DebitIntent = {
  ...venueAndCard,
  key: 'T-1',
  hasTransactionId: true,
  account: 'A-1',
  what: { kind: 'coupon', rewardId: 'uc-1' },
}

/** A debit of a coupon on its way, unless `more` says otherwise. */
export function redemption(more: Partial<Redemption>): Redemption {
  const begun = beginDebit(couponDebit, {
    id: 'r-1',
    attempt: 1,
    nowMs: 1,
    call: { id: 'call-1', untilMs: 2 },
  })
  return { ...begun.redemption, dueAtMs: undefined, keyUntilMs: Infinity, ...more }
}

/** A requested undo, of which no call has left unless `more` says otherwise. */
export function undo(by: Undo['by'], more: Partial<Undo> = {}): Undo {
  return { by, sinceMs: 0, calls: 0, refusals: 0, last: undefined, ...more }
}

/** The core has answered that it is taken. */
export function confirmed(moved: Moved = {}): DebitOutcome {
  return { kind: 'confirmed', moved, secret: { cardNumber: 'CARD0001', apiKey: 'key-of-the-project' } }
}

/** Decides to send a debit, whatever its rows: as the same attempt if that was not done. */
export function sendNext({ attempts }: DebitRows): DebitDecision {
  const again = attempts.find(({ state }) => state === 'not_done')
  return again
    ? { do: 'send', attempt: again.attempt, again }
    : { do: 'send', attempt: nextAttempt(attempts) }
}

type Records = Pick<Journal, 'record' | 'findRedemption'>

export async function settleDebit(journal: Records, id: string, outcome: DebitOutcome) {
  const callId = await callOf(journal, id)
  const { redemption: row } = await journal.record(id, { kind: 'debit_outcome', outcome, callId })
  return { stands: row !== undefined && stands(row) }
}

/** With the longest backoff, unless `jitter` says otherwise. */
export async function settleUndo(journal: Records, id: string, outcome: UndoOutcome, jitter = 1) {
  const callId = await callOf(journal, id)
  const { redemption: row } = await journal.record(id, { kind: 'undo_outcome', outcome, callId, jitter })
  return { state: row?.state, isFinal: row !== undefined && isFinal(row) }
}

/** The call whose outcome is recorded next. */
async function callOf(journal: Records, id: string): Promise<string | undefined> {
  return (await journal.findRedemption(id))?.call?.id
}

export async function retryByOperator(journal: Records, id: string) {
  const { redemption: row, isChanged } = await journal.record(id, { kind: 'retried_by_operator' })
  return { isDone: isChanged, state: row?.state }
}

export async function settleByOperator(journal: Records, id: string, decision: OperatorDecision) {
  const { redemption: row, isChanged } = await journal.record(id, { kind: 'settled_by_operator', decision })
  return { isDone: isChanged, state: row?.state }
}
