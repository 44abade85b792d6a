import {
  hasNothingAtCore,
  type Call,
  type Change,
  type Redemption,
  type RedemptionState,
  type Undo,
  type UndoOutcome,
} from './redemption.ts'

/** How long the till's OK has to leave before the redemption is in doubt. */
export const answerWithinMs = 10_000
/** How long after it left a call whose answer is lost may still take the reward. */
const lostCallMs = 60_000
/** The longest that a call of the undo worker may take, with its wait for a slot: no till waits for it. */
export const undoWithinMs = 10_000
export const firstUndoInMs = 2_000
const maxBackoffMs = 300_000
/** Readable refusals of an undo, and time in doubt, after which an operator has to decide. */
const maxRefusals = 6
const maxDoubtMs = 24 * 60 * 60 * 1000

/** It is due: a call that gives back is about to leave. */
export function afterDue(
  row: Redemption,
  { isTakenLater, call }: { isTakenLater: boolean; call: Call },
  nowMs: number,
): Change {
  // A later debit took the coupon, so the lost call cannot have taken it.
  if (isTakenLater && hasNothingAtCore(row)) return { ...final('reversed'), call: undefined }
  const isCredit = row.state === 'confirmed' && row.undo?.by === 'till'
  const undo = row.undo ?? undoBy('doubt', row, nowMs)
  const state = isCredit ? 'confirmed' : 'in_doubt'
  return { state, undo: withCall(undo), call, dueAtMs: call.untilMs }
}

/**
 * Whether an outcome of a call that gives back still counts. An operator may have settled the redemption while the call
 * was under way; if it was given back, that counts all the same.
 */
export function undoCounts(row: Redemption, outcome: UndoOutcome): boolean {
  switch (row.state) {
    case 'in_doubt':
      return true
    case 'confirmed':
      return row.undo !== undefined || outcome.kind === 'given_back'
    case 'stuck':
      return outcome.kind === 'given_back' || outcome.kind === 'nothing'
    case 'reversed':
      return outcome.kind === 'given_back' && !row.givenBack
    case 'sent':
    case 'not_done':
    case 'refused':
    case 'credited':
      return false
  }
}

/** After a call that gives back, either for a till's credit or to undo a redemption in doubt. */
export function afterUndo(row: Redemption, outcome: UndoOutcome, nowMs: number, jitter: number): Change {
  const isCredit = row.state === 'confirmed'
  const undo = afterCall(row, outcome, nowMs)
  const isAnswer = outcome.kind === 'refused' || outcome.kind === 'nothing'
  const counted = { undo, undoNumber: row.undoNumber + (isAnswer ? 1 : 0) }
  switch (outcome.kind) {
    case 'given_back':
      return { ...counted, ...final(isCredit ? 'credited' : 'reversed'), givenBack: outcome.moved }
    case 'nothing':
      if (!isCredit) return { ...counted, ...afterNothing(row, nowMs) }
      break
    case 'unknown':
      return { ...counted, ...callAgain(row.state, undo, nowMs, jitter) }
    case 'seal_broken':
      return { ...counted, state: 'stuck', dueAtMs: undefined }
    case 'refused':
    case 'not_done':
  }
  // The first call of a credit has an answer for the till, so the credit is over and the debit as it was before.
  const after = isFirstOfCredit(row) ? withoutCredit(row, nowMs) : callAgain(row.state, undo, nowMs, jitter)
  return { ...counted, ...after }
}

function afterCall(row: Redemption, outcome: UndoOutcome, nowMs: number): Undo {
  const undo = row.undo ?? undoBy('doubt', row, nowMs)
  const isSilent = outcome.kind === 'not_done' || outcome.kind === 'unknown'
  // The core has nothing to give back of a debit that stands: that counts as a refusal.
  const isRefusal = outcome.kind === 'refused' || (outcome.kind === 'nothing' && row.state === 'confirmed')
  return {
    ...undo,
    refusals: undo.refusals + (isRefusal ? 1 : 0),
    // Once the core had nothing to give back, the reward stays free until the core says otherwise.
    last: hasNothingAtCore(row) && isSilent ? 'nothing' : describe(outcome),
  }
}

function describe(outcome: UndoOutcome): string {
  return outcome.kind === 'refused' ? `refused: ${outcome.code}` : outcome.kind
}

/** The reward is free from now on, but the lost call may still take it, so the core is asked again later. */
function afterNothing({ sentAtMs }: Redemption, nowMs: number): Change {
  const lostByMs = sentAtMs === undefined ? nowMs : sentAtMs + lostCallMs
  return nowMs < lostByMs ? { state: 'in_doubt', dueAtMs: lostByMs } : final('reversed')
}

/** @param undo after this call */
function callAgain(state: RedemptionState, undo: Undo, nowMs: number, jitter: number): Change {
  if (undo.refusals >= maxRefusals || nowMs - undo.sinceMs >= maxDoubtMs)
    return { state: 'stuck', dueAtMs: undefined }
  const backoffMs = Math.min(firstUndoInMs * 2 ** (undo.calls - 1), maxBackoffMs)
  return { state, dueAtMs: nowMs + Math.round(backoffMs * (0.5 + jitter / 2)) }
}

/** Only of a debit that stands or was never seen here: a debit in doubt has to be given back in any case. */
function isFirstOfCredit({ undo, state, sentAtMs }: Redemption): boolean {
  return undo?.by === 'till' && undo.calls === 1 && (state === 'confirmed' || sentAtMs === undefined)
}

/** A debit whose OK has not left has to become in doubt again later, although its credit failed. */
function withoutCredit(row: Redemption, nowMs: number): Change {
  const undo = undefined
  if (row.state !== 'confirmed') return { ...final('not_done'), undo }
  return row.answeredAtMs === undefined
    ? { state: 'confirmed', dueAtMs: nowMs + answerWithinMs, undo }
    : { ...final('confirmed'), undo }
}

/** Once the till has requested the undo too, it counts as the till's: a repeat of the debit is not taken again. */
export function undoBy(by: Undo['by'], { undo }: Redemption, nowMs: number): Undo {
  if (!undo) return { by, sinceMs: nowMs, calls: 0, refusals: 0, last: undefined }
  return { ...undo, by: by === 'till' ? 'till' : undo.by }
}

export function withCall(undo: Undo): Undo {
  return { ...undo, calls: undo.calls + 1 }
}

export function inDoubt(row: Redemption, dueAtMs: number, nowMs: number) {
  return { state: 'in_doubt', dueAtMs, undo: undoBy('doubt', row, nowMs) } as const
}

/** A final state; the secret is not needed any more. */
export function final(state: Redemption['state']) {
  return { state, dueAtMs: undefined, secret: null } as const
}
