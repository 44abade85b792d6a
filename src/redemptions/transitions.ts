import {
  isDue,
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
  canBeUndone,
  final,
  firstUndoInMs,
  inDoubt,
  undoBy,
  withCall,
} from './undo.ts'

/** Whatever can happen to a redemption. Times are epoch ms. */
export type RedemptionEvent =
  /** The same attempt again, of what was not done: its call is about to leave. */
  | { kind: 'sent'; intent: DebitIntent; attempt: number; abandonedAtMs: number }
  | { kind: 'debit_outcome'; outcome: DebitOutcome }
  /** The till's OK has left. */
  | { kind: 'answered' }
  /** The till is about to hear its OK again. */
  | { kind: 'replayed' }
  /** A credit came that cannot wait for the debit, which is on its way. */
  | { kind: 'asked_back'; creditKey: string | undefined }
  /** A call for a credit of the till is about to leave. */
  | {
      kind: 'credit_sent'
      creditKey: string | undefined
      secret: RedemptionSecret
      abandonedAtMs: number
    }
  /** It is due. `isTakenLater`: the same coupon was taken by a later debit. */
  | { kind: 'due'; isTakenLater: boolean; abandonedAtMs: number }
  /** @param jitter 0 to 1, so that not all come back at once */
  | { kind: 'undo_outcome'; outcome: UndoOutcome; jitter: number }
  | { kind: 'retried_by_operator' }
  | { kind: 'settled_by_operator'; decision: OperatorDecision }
  /** It goes out with a ticket, or that ticket is void. */
  | { kind: 'claimed'; ticketKey: string; isNamed: boolean }
  | { kind: 'released'; ticketKey: string }

/** A key is remembered this long; later it is a new attempt. */
export const keyMs = 24 * 60 * 60 * 1000

/**
 * The life of a redemption: what each event makes of its row. Pure; all that is random or read from a clock comes with the
 * event.
 *
 * @returns what changes; undefined if the event changes nothing
 */
export function next(row: Redemption, event: RedemptionEvent, nowMs: number): Change | undefined {
  switch (event.kind) {
    case 'sent':
      return row.state === 'not_done' ? sentAgain(event, nowMs) : undefined
    case 'debit_outcome':
      return row.state === 'sent'
        ? afterDebit(row, event.outcome, nowMs)
        : afterLateOutcome(row, event.outcome, nowMs)
    case 'answered':
      return row.state === 'confirmed' ? afterAnswer(row, nowMs) : undefined
    case 'replayed':
      // No undo may leave before it is known whether the till has heard it now.
      return row.state === 'confirmed' && row.dueAtMs !== undefined
        ? { dueAtMs: nowMs + answerWithinMs }
        : undefined
    case 'asked_back':
      // When it is due stays as it is: a till that asks again and again must not put it off.
      return row.state === 'sent'
        ? { undo: undoBy('till', row, nowMs), creditKey: event.creditKey ?? row.creditKey }
        : undefined
    case 'credit_sent':
      return isOpen(row) ? creditSent(row, event, nowMs) : undefined
    case 'due':
      return isDue(row, nowMs) ? afterDue(row, event, nowMs) : undefined
    case 'undo_outcome':
      return canBeUndone(row, event.outcome) ? afterUndo(row, event.outcome, nowMs, event.jitter) : undefined
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

/** What was not done leaves nothing to remember: as if it were the first time. */
function sentAgain(
  { intent, attempt, abandonedAtMs }: Extract<RedemptionEvent, { kind: 'sent' }>,
  nowMs: number,
): Change {
  const { hasTransactionId: _, ...content } = intent
  return {
    ...content,
    attempt,
    state: 'sent',
    createdAtMs: nowMs,
    sentAtMs: nowMs,
    dueAtMs: abandonedAtMs,
    keyUntilMs: nowMs + keyMs,
    undo: undefined,
    undoNumber: 1,
    creditKey: undefined,
  }
}

function creditSent(
  row: Redemption,
  { creditKey, secret, abandonedAtMs }: Extract<RedemptionEvent, { kind: 'credit_sent' }>,
  nowMs: number,
): Change {
  return {
    state: row.state === 'confirmed' ? 'confirmed' : 'in_doubt',
    undo: withCall(undoBy('till', row, nowMs)),
    creditKey: creditKey ?? row.creditKey,
    dueAtMs: abandonedAtMs,
    secret,
  }
}

function afterDebit(row: Redemption, outcome: DebitOutcome, nowMs: number): Change {
  switch (outcome.kind) {
    case 'confirmed': {
      const taken = { moved: outcome.moved, confirmedAtMs: nowMs }
      // A credit came while the debit was on its way and could not wait: what was taken has to go back.
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
 * The call was given up, and its row looked after, before it was known to have taken. What was given back since, or an
 * operator counts as taken, stays; what was not has to go back now, and is no longer free.
 */
function afterLateOutcome(row: Redemption, outcome: DebitOutcome, nowMs: number): Change | undefined {
  if (outcome.kind !== 'confirmed') return undefined
  if (row.state !== 'in_doubt' && row.state !== 'stuck' && row.state !== 'reversed') return undefined
  if (row.givenBack) return undefined
  const { undo, ...doubt } = inDoubt(row, nowMs, nowMs)
  return {
    ...doubt,
    undo: { ...undo, last: undefined },
    moved: outcome.moved,
    confirmedAtMs: nowMs,
    // The seal may be gone with the state that it was in; an operator's decision was made without knowing this.
    secret: outcome.secret,
    settled: undefined,
  }
}

/** A credit may have come first: it needs the seal, and if it fails all is as it was, answered. */
function afterAnswer({ undo }: Redemption, nowMs: number): Change {
  return undo ? { answeredAtMs: nowMs } : { answeredAtMs: nowMs, ...final('confirmed') }
}

/** It is taken, or may be. */
function isOpen({ state }: Redemption): boolean {
  return state === 'sent' || state === 'in_doubt' || state === 'stuck' || state === 'confirmed'
}

/** With all its tries. A credit's first call could end it with its answer, for a till that waits; nobody does any more. */
function retried(row: Redemption, nowMs: number): Change {
  const undo = undoBy('doubt', row, nowMs)
  return { state: 'in_doubt', dueAtMs: nowMs, undo: { ...undo, sinceMs: nowMs, calls: 1, refusals: 0 } }
}

/** What counts as taken stands as if the till had heard so, and can be given back by a credit like any other. */
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
