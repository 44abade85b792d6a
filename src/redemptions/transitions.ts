import { beginDebit } from './begin.ts'
import {
  isDue,
  type Call,
  type Change,
  type DebitIntent,
  type DebitOutcome,
  type OperatorDecision,
  type Redemption,
  type RedemptionSecret,
  type UndoOutcome,
} from './redemption.ts'
import {
  afterDue,
  afterUndo,
  answerWithinMs,
  undoCounts,
  final,
  firstUndoInMs,
  inDoubt,
  undoBy,
  withCall,
} from './undo.ts'

/** Everything that can happen to a redemption. Times are epoch ms. */
export type RedemptionEvent =
  /** An attempt that was not done is repeated: its call is about to leave. */
  | { kind: 'sent'; intent: DebitIntent; attempt: number; call: Call }
  | { kind: 'debit_outcome'; outcome: DebitOutcome; callId: string | undefined }
  /** The till's OK has left. */
  | { kind: 'answered' }
  /** The till is about to get its OK again. */
  | { kind: 'replayed' }
  /** A credit came that cannot wait for its debit, which is still on its way. */
  | { kind: 'undo_requested'; creditKey: string | undefined }
  /** The call of a till's credit is about to leave. */
  | {
      kind: 'credit_sent'
      creditKey: string | undefined
      secret: RedemptionSecret
      call: Call
    }
  /** It is due. `isTakenLater`: a later debit took the same coupon. */
  | { kind: 'due'; isTakenLater: boolean; call: Call }
  /** `jitter`: 0 to 1, so that not all undos are repeated at once. */
  | { kind: 'undo_outcome'; outcome: UndoOutcome; callId: string | undefined; jitter: number }
  | { kind: 'retried_by_operator' }
  | { kind: 'settled_by_operator'; decision: OperatorDecision }
  /** It goes out with a ticket. */
  | { kind: 'claimed'; ticketKey: string; isNamed: boolean }
  /** The ticket that it went out with is void. */
  | { kind: 'released'; ticketKey: string }

/**
 * The life of a redemption: how each event changes its row. Pure: time and randomness are parameters.
 *
 * @returns the fields that change; undefined if the event changes nothing
 */
export function transition(row: Redemption, event: RedemptionEvent, nowMs: number): Change | undefined {
  switch (event.kind) {
    case 'sent':
      return row.state === 'not_done' ? sentAgain(row, event, nowMs) : undefined
    case 'debit_outcome':
      return row.state === 'sent' && isCallOf(row, event)
        ? { ...afterDebit(row, event.outcome, nowMs), call: undefined }
        : afterLateOutcome(row, event.outcome, nowMs)
    case 'answered':
      return row.state === 'confirmed' ? afterAnswer(row, nowMs) : undefined
    case 'replayed':
      // No undo may leave before it is known whether the till got this OK.
      return row.state === 'confirmed' && row.dueAtMs !== undefined
        ? { dueAtMs: nowMs + answerWithinMs }
        : undefined
    case 'undo_requested':
      return row.state === 'sent' ? undoRequested(row, event.creditKey ?? row.creditKey, nowMs) : undefined
    case 'credit_sent':
      return mayBeGivenBack(row) ? creditSent(row, event, nowMs) : undefined
    case 'due':
      return isDue(row, nowMs) ? afterDue(row, event, nowMs) : undefined
    case 'undo_outcome':
      return undoCounts(row, event.outcome) && (isCallOf(row, event) || event.outcome.kind === 'given_back')
        ? { ...afterUndo(row, event.outcome, nowMs, event.jitter), call: undefined }
        : undefined
    case 'retried_by_operator':
      return row.state === 'stuck' ? retried(row, nowMs) : undefined
    case 'settled_by_operator':
      return row.state === 'stuck' || row.state === 'in_doubt'
        ? settled(row, event.decision, nowMs)
        : undefined
    case 'claimed':
      if (row.state !== 'confirmed') return undefined
      return { ticketKey: event.ticketKey, isNamedByTicket: event.isNamed }
    case 'released':
      if (row.ticketKey !== event.ticketKey) return undefined
      return { ticketKey: undefined, isNamedByTicket: false }
  }
}

/** Otherwise its process was taken for dead, and another has sent a call since; or this outcome is recorded already. */
function isCallOf({ call }: Redemption, { callId }: { callId: string | undefined }): boolean {
  return call?.id === callId
}

/** Nothing is kept of an attempt that was not done: its row starts again. */
function sentAgain(
  { id }: Redemption,
  { intent, attempt, call }: Extract<RedemptionEvent, { kind: 'sent' }>,
  nowMs: number,
): Change {
  const { redemption } = beginDebit(intent, { id, attempt, nowMs, call })
  const { id: _id, revision: _revision, ...fields } = redemption
  return { ...fields, secret: intent.secret }
}

/** The due time does not change, so that a till that keeps asking cannot postpone the undo. */
function undoRequested(row: Redemption, creditKey: string | undefined, nowMs: number): Change | undefined {
  const isRepeat = row.undo?.by === 'till' && row.creditKey === creditKey
  return isRepeat ? undefined : { undo: undoBy('till', row, nowMs), creditKey }
}

function creditSent(
  row: Redemption,
  { creditKey, secret, call }: Extract<RedemptionEvent, { kind: 'credit_sent' }>,
  nowMs: number,
): Change {
  return {
    state: row.state === 'confirmed' ? 'confirmed' : 'in_doubt',
    undo: withCall(undoBy('till', row, nowMs)),
    creditKey: creditKey ?? row.creditKey,
    call,
    dueAtMs: call.untilMs,
    secret,
  }
}

function afterDebit(row: Redemption, outcome: DebitOutcome, nowMs: number): Change {
  switch (outcome.kind) {
    case 'confirmed': {
      const taken = { moved: outcome.moved, confirmedAtMs: nowMs }
      // A credit that could not wait came while the debit was on its way: it has to be given back.
      return row.undo
        ? { ...taken, ...inDoubt(row, nowMs, nowMs) }
        : { ...taken, state: 'confirmed', dueAtMs: nowMs + answerWithinMs }
    }
    case 'refused':
      return { ...final('refused'), refusedWith: outcome.code }
    case 'not_done':
      return final('not_done')
    case 'unknown':
      return inDoubt(row, nowMs + firstUndoInMs, nowMs)
  }
}

/**
 * The outcome of a call that was already given up. If it took after all, it has to be given back now, unless that was
 * done already, or an operator settled it as taken.
 */
function afterLateOutcome(row: Redemption, outcome: DebitOutcome, nowMs: number): Change | undefined {
  if (outcome.kind !== 'confirmed') return undefined
  if (row.state !== 'in_doubt' && row.state !== 'stuck' && row.state !== 'reversed') return undefined
  // With a time of its confirmation, this outcome is recorded already.
  if (row.givenBack || row.confirmedAtMs !== undefined) return undefined
  const { undo, ...doubt } = inDoubt(row, nowMs, nowMs)
  return {
    ...doubt,
    undo: { ...undo, last: undefined },
    // A call that gives back may have been answered before this one took: its answer says nothing about it any more.
    call: undefined,
    undoNumber: row.undoNumber + (row.call ? 1 : 0),
    moved: outcome.moved,
    confirmedAtMs: nowMs,
    // The seal may have been erased; an operator who settled it did not know that it was taken.
    secret: outcome.secret,
    settled: undefined,
  }
}

/** If a credit is under way it still needs the seal; should it fail, the debit counts as answered. */
function afterAnswer({ undo }: Redemption, nowMs: number): Change {
  return undo ? { answeredAtMs: nowMs } : { answeredAtMs: nowMs, ...final('confirmed') }
}

/** Also a debit that was never seen here, of which the core could not be asked yet. */
function mayBeGivenBack({ state, sentAtMs }: Redemption): boolean {
  if (state === 'not_done') return sentAtMs === undefined
  return state === 'sent' || state === 'in_doubt' || state === 'stuck' || state === 'confirmed'
}

/** It has all its tries again. `calls` begins at 1, since a credit ends if its first call is refused. */
function retried(row: Redemption, nowMs: number): Change {
  const undo = undoBy('doubt', row, nowMs)
  return { state: 'in_doubt', dueAtMs: nowMs, undo: { ...undo, sinceMs: nowMs, calls: 1, refusals: 0 } }
}

/** Settled as taken it stands as if the till had heard OK, and a credit can still give it back. */
function settled(row: Redemption, { as, by, why }: OperatorDecision, nowMs: number): Change {
  const decided = { settled: { by, why, atMs: nowMs } }
  if (as === 'reversed') return { ...final('reversed'), ...decided }
  return {
    ...final('confirmed'),
    ...decided,
    confirmedAtMs: row.confirmedAtMs ?? row.sentAtMs ?? nowMs,
    answeredAtMs: row.answeredAtMs ?? nowMs,
    undo: undefined,
  }
}
