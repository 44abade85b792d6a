import type { Journal } from '../../src/journal/journal.ts'
import type { Moved } from '../../src/model/words.ts'
import { nextAttempt } from '../../src/redemptions/attempts.ts'
import type { DebitDecision, DebitRows } from '../../src/redemptions/decide-debit.ts'
import {
  isFinal,
  stands,
  type DebitOutcome,
  type OperatorDecision,
  type Redemption,
  type Undo,
  type UndoOutcome,
} from '../../src/redemptions/redemption.ts'

/** A debit of a coupon on its way, unless `more` says otherwise. */
export function redemption(more: Partial<Redemption>): Redemption {
  return {
    id: 'r-1',
    revision: 1,
    key: 'T-1',
    attempt: 1,
    venue: 'v',
    venueId: '1902',
    tenant: 'tenant',
    cardHash: 'card',
    cardMasked: '*0001',
    account: 'A-1',
    what: { kind: 'coupon', rewardId: 'uc-1' },
    state: 'sent',
    createdAtMs: 1,
    sentAtMs: 1,
    confirmedAtMs: undefined,
    answeredAtMs: undefined,
    dueAtMs: undefined,
    keyUntilMs: Infinity,
    undo: undefined,
    undoNumber: 1,
    creditKey: undefined,
    ticketKey: undefined,
    isNamedByTicket: false,
    moved: undefined,
    refusedWith: undefined,
    givenBack: undefined,
    settled: undefined,
    ...more,
  }
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

type Records = Pick<Journal, 'record'>

export async function settleDebit(journal: Records, id: string, outcome: DebitOutcome) {
  const { redemption: row } = await journal.record(id, { kind: 'debit_outcome', outcome })
  return { stands: row !== undefined && stands(row) }
}

/** With the longest backoff, unless `jitter` says otherwise. */
export async function settleUndo(journal: Records, id: string, outcome: UndoOutcome, jitter = 1) {
  const { redemption: row } = await journal.record(id, { kind: 'undo_outcome', outcome, jitter })
  return { state: row?.state, isFinal: row !== undefined && isFinal(row) }
}

export async function retryByOperator(journal: Records, id: string) {
  const { redemption: row, isChanged } = await journal.record(id, { kind: 'retried_by_operator' })
  return { isDone: isChanged, state: row?.state }
}

export async function settleByOperator(journal: Records, id: string, decision: OperatorDecision) {
  const { redemption: row, isChanged } = await journal.record(id, { kind: 'settled_by_operator', decision })
  return { isDone: isChanged, state: row?.state }
}
