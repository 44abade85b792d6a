import type { DebitOutcome, Redemption, RedemptionState, UndoOutcome } from './redemption.ts'

/**
 * How a redemption goes from one state to the next: the two tables that ARCHITECTURE.md draws.
 *
 * A row is in doubt while it is taken, or may be, and the till was not told so. `dueAtMs` is when somebody has to look
 * after it; null is never. A final row needs its seal no more.
 */
export type Transition = {
  state: RedemptionState
  dueAtMs: number | null
  isFinal: boolean
  /** The credit has failed, and all is as if it had never come. */
  isCreditOver?: true
}

/** The till's OK has this long to leave before the redemption is in doubt. */
export const answerWithinMs = 10_000
/** A take whose answer is lost may still be under way this long after it left. */
export const lostCallMs = 60_000
const firstUndoInMs = 2_000
const longestBackoffMs = 300_000
/** Readable refusals of an undo, and time in doubt, after which an operator has to decide. */
const mostTries = 6
const longestDoubtMs = 24 * 60 * 60 * 1000

/** @returns undefined where it changes nothing */
export function afterDebit(row: Redemption, outcome: DebitOutcome, nowMs: number): Transition | undefined {
  if (row.state !== 'sent') return outcome.kind === 'confirmed' ? afterLateTake(row, nowMs) : undefined
  switch (outcome.kind) {
    case 'confirmed':
      // A credit came while the debit was on its way and could not wait: what was taken has to go back.
      return row.undoBy ? open('in_doubt', nowMs) : open('confirmed', nowMs + answerWithinMs)
    case 'refused':
      return final('refused')
    case 'not_done':
      return final('not_done')
    case 'unknown':
      return open('in_doubt', nowMs + firstUndoInMs)
  }
}

/**
 * The call was given up, and its row looked after, before it was known to have taken. What was given back since, or an
 * operator counts as taken, stays; what was not has to go back now, and is no longer free.
 */
function afterLateTake(row: Redemption, nowMs: number): Transition | undefined {
  switch (row.state) {
    case 'in_doubt':
    case 'stuck':
      return open('in_doubt', nowMs)
    case 'reversed':
      return row.givenBack ? undefined : open('in_doubt', nowMs)
    case 'sent':
    case 'confirmed':
    case 'credited':
    case 'refused':
    case 'not_done':
      return undefined
  }
}

/**
 * After a call that gives back, whoever asked for it: a credit of the till, or the undo of a doubt.
 *
 * @param row as it was before the call
 * @param jitter 0 to 1, so that not all come back at once
 */
export function afterUndo(row: Redemption, outcome: UndoOutcome, nowMs: number, jitter: number): Transition {
  const isCredit = row.state === 'confirmed'
  switch (outcome.kind) {
    case 'given_back':
      return final(isCredit ? 'credited' : 'reversed')
    case 'nothing':
      if (isCredit) return afterFailure(row, 'refused', nowMs, jitter)
      // The reward is free from now on, but a take that is still under way has to be waited for.
      return nowMs < row.sentAtMs + lostCallMs
        ? open('in_doubt', row.sentAtMs + lostCallMs)
        : final('reversed')
    case 'refused':
    case 'not_done':
    case 'unknown':
      return afterFailure(row, outcome.kind, nowMs, jitter)
    case 'seal_broken':
      return open('stuck', null)
  }
}

function afterFailure(
  row: Redemption,
  kind: 'refused' | 'not_done' | 'unknown',
  nowMs: number,
  jitter: number,
): Transition {
  // The first call of a credit has its answer: the till hears it, and all is as it was.
  if (kind !== 'unknown' && isFirstOfCredit(row)) return { ...asBefore(row, nowMs), isCreditOver: true }
  const tries = row.undoTries + (kind === 'refused' ? 1 : 0)
  if (tries >= mostTries || nowMs - row.undoSinceMs >= longestDoubtMs) return open('stuck', null)
  const backoffMs = Math.min(firstUndoInMs * 2 ** (row.undoCalls - 1), longestBackoffMs)
  return open(row.state, nowMs + Math.round(backoffMs * (0.5 + jitter / 2)))
}

/** Of a debit that stands, or that was never seen here; of one in doubt there is no way back. */
function isFirstOfCredit(row: Redemption): boolean {
  return row.undoBy === 'till' && row.undoCalls === 1 && (row.state === 'confirmed' || !row.wasSent)
}

/** A debit whose OK has not left is still in doubt, credit or not. */
function asBefore(row: Redemption, nowMs: number): Transition {
  if (row.state !== 'confirmed') return final('not_done')
  return row.isAnswered ? final('confirmed') : open('confirmed', nowMs + answerWithinMs)
}

function final(state: RedemptionState): Transition {
  return { state, dueAtMs: null, isFinal: true }
}

function open(state: RedemptionState, dueAtMs: number | null): Transition {
  return { state, dueAtMs, isFinal: false }
}
