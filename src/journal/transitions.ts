import type { CreditOutcome, DebitOutcome, Redemption, RedemptionState } from './journal.ts'

/**
 * How a redemption goes from one state to the next: the two tables that ARCHITECTURE.md draws.
 *
 * `dueInMs` is when somebody has to look after the row; null is never. `isFinal` erases the seal. A row is in doubt
 * while it is taken, or may be, and the till was not told so.
 */
export type Transition = {
  state: RedemptionState
  dueInMs: number | null
  isFinal: boolean
  /** Undefined closes what was asked back. */
  undoBy: Redemption['undoBy']
  /** The core has answered a call that gives back; the next one is a new call with a new key. */
  isNewUndo?: boolean
}

/** The till's OK has this long to leave before the redemption is in doubt. */
export const answerWithinMs = 10_000
const firstUndoInMs = 2_000
/** A lost take may still be under way this long after it left. */
const lostCallMs = 60_000

export function afterDebit(row: Redemption, outcome: DebitOutcome): Transition {
  switch (outcome.kind) {
    case 'confirmed':
      // A credit came while the debit was on its way and could not wait: what was taken has to go back.
      return row.undoBy
        ? { state: 'in_doubt', dueInMs: 0, isFinal: false, undoBy: row.undoBy }
        : { state: 'confirmed', dueInMs: answerWithinMs, isFinal: false, undoBy: undefined }
    case 'refused':
      return { state: 'refused', dueInMs: null, isFinal: true, undoBy: undefined }
    case 'not_done':
      return { state: 'not_done', dueInMs: null, isFinal: true, undoBy: undefined }
    case 'unknown':
      return { state: 'in_doubt', dueInMs: firstUndoInMs, isFinal: false, undoBy: row.undoBy ?? 'doubt' }
  }
}

export function afterCredit(row: Redemption, outcome: CreditOutcome): Transition {
  if (row.state === 'confirmed') return afterCreditOfConfirmed(outcome)
  if (!row.wasSent) return afterCreditOfUnknown(outcome)
  return afterCreditInDoubt(row, outcome)
}

/** The till has its OK and gives the reward back: it is credited, or it stays taken, or it is asked again. */
function afterCreditOfConfirmed(outcome: CreditOutcome): Transition {
  switch (outcome.kind) {
    case 'given_back':
      return { state: 'credited', dueInMs: null, isFinal: true, undoBy: undefined }
    case 'nothing':
    case 'refused':
      return { state: 'confirmed', dueInMs: null, isFinal: true, undoBy: undefined, isNewUndo: true }
    case 'not_done':
      return { state: 'confirmed', dueInMs: null, isFinal: true, undoBy: undefined }
    case 'unknown':
      return { state: 'confirmed', dueInMs: firstUndoInMs, isFinal: false, undoBy: 'till' }
  }
}

/** The debit was never seen here: what the core says of it is all that is known. */
function afterCreditOfUnknown(outcome: CreditOutcome): Transition {
  switch (outcome.kind) {
    case 'given_back':
    case 'nothing':
      return { state: 'reversed', dueInMs: null, isFinal: true, undoBy: 'till' }
    case 'refused':
    case 'not_done':
      return { state: 'not_done', dueInMs: null, isFinal: true, undoBy: undefined }
    case 'unknown':
      return { state: 'in_doubt', dueInMs: firstUndoInMs, isFinal: false, undoBy: 'till' }
  }
}

/** The till does not know that it was taken: it has to go back, whatever this answer was. */
function afterCreditInDoubt(row: Redemption, outcome: CreditOutcome): Transition {
  const open = { state: 'in_doubt', isFinal: false, undoBy: row.undoBy ?? 'doubt' } as const
  switch (outcome.kind) {
    case 'given_back':
      return { state: 'reversed', dueInMs: null, isFinal: true, undoBy: row.undoBy }
    case 'nothing':
      return { ...open, dueInMs: lostCallMs, isNewUndo: true }
    case 'refused':
      return { ...open, dueInMs: firstUndoInMs, isNewUndo: true }
    case 'not_done':
    case 'unknown':
      return { ...open, dueInMs: firstUndoInMs }
  }
}
