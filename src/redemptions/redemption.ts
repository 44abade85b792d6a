import type { Code } from '../model/refusal.ts'
import type { Moved, TicketKind, TicketRedemption, What } from '../model/words.ts'

/** The transitions are in `transitions.ts`; `ARCHITECTURE.md` has a diagram of them. */
export const redemptionStates = [
  'sent',
  'not_done',
  'refused',
  'confirmed',
  'credited',
  'in_doubt',
  'reversed',
  'stuck',
] as const

export type RedemptionState = (typeof redemptionStates)[number]

/**
 * One attempt of a debit, and its undo: a row of the journal. It is in doubt while it is, or may be, taken although the
 * till has not heard OK. All times are epoch ms.
 */
export type Redemption = {
  /** Also its reference at the core. */
  id: string
  /** Incremented by each change. */
  revision: number
  /** Finds it if the till repeats its debit (`model/keys.ts`). */
  key: string
  attempt: number
  /** TRIFFT's id of the venue, and the Aztec venue ID. */
  venue: string
  venueId: string
  /** Identifies the API key; undefined for rows of earlier versions. */
  tenant: string | undefined
  cardHash: string
  cardMasked: string
  account: string | undefined
  /** The `traceparent` of the debit, or of the credit if only that came; undefined for rows of earlier versions. */
  trace: string | undefined
  /** Undefined if only a credit came and did not say what it gives back, or if the coupon's id cannot be unsealed. */
  what: What | undefined
  state: RedemptionState
  createdAtMs: number
  /** Undefined if only its credit has come. */
  sentAtMs: number | undefined
  confirmedAtMs: number | undefined
  /** When the till's OK left. */
  answeredAtMs: number | undefined
  /** The call that takes or gives back, while its outcome is not recorded. */
  call: Call | undefined
  /**
   * When the undo worker has to handle it; undefined is never. If it is still `sent` by then, its process has died, and
   * it is in doubt.
   */
  dueAtMs: number | undefined
  /** Until then a repeat of its debit is recognised. */
  keyUntilMs: number
  /** Undefined while no undo is requested. */
  undo: Undo | undefined
  /** Part of the Idempotency-Key of calls that give back: incremented by each readable answer. */
  undoNumber: number
  creditKey: string | undefined
  /** The ticket that it went out with (`model/keys.ts`); undefined before, and once that ticket is void. */
  ticketKey: string | undefined
  /** Whether that ticket names it; else it was found by its bill. */
  isNamedByTicket: boolean
  /** The core's answer when it was taken. */
  moved: Moved | undefined
  refusedWith: Code | undefined
  /** The core's answer when it was given back. */
  givenBack: Moved | undefined
  /** An operator's decision. */
  settled: { by: string; why: string; atMs: number } | undefined
}

/** `id` tells it from later calls. By `untilMs` it has ended, or its process has died. */
export type Call = { id: string; untilMs: number }

export type Undo = {
  /** Who requested it: the till by a credit, or the service because the till has not heard OK. */
  by: 'till' | 'doubt'
  sinceMs: number
  /** Calls that give back. Counted when they begin, since the process may die before their answer. */
  calls: number
  /** Calls that the core refused by a readable answer. */
  refusals: number
  /** The outcome of the last call; `nothing`: the core had nothing to give back. */
  last: string | undefined
}

/** What a later call that gives back needs; kept sealed until the row is final. */
export type RedemptionSecret = { cardNumber: string; apiKey: string }

/** The fields of a row that change. `secret` is sealed; null erases it. */
export type Change = Partial<Omit<Redemption, 'id' | 'revision'>> & { secret?: RedemptionSecret | null }

type RedemptionIntent = {
  venue: string
  venueId: string
  tenant: string
  cardHash: string
  cardMasked: string
  /** The `traceparent` of its message. */
  trace?: string
  secret: RedemptionSecret
}

export type DebitIntent = RedemptionIntent & {
  key: string
  /** Whether the key is from the POS's transaction id; else it is from the bill and the reward. */
  hasTransactionId: boolean
  account: string
  what: What
}

export type CreditIntent = RedemptionIntent & {
  creditKey: string | undefined
  redemptionId: string | undefined
  /** The key of the debit, if the credit names its transaction. */
  debitKey: string | undefined
  /** The bill and what was taken; they find the debit if the credit does not name it. */
  account: string | undefined
  what: What | undefined
}

/** The outcome of a call that takes. */
export type DebitOutcome =
  /** `secret`: sealed again if the redemption was already given up as not taken, and now has to be given back. */
  | { kind: 'confirmed'; moved: Moved; secret: RedemptionSecret }
  | { kind: 'refused'; code: Code }
  | { kind: 'not_done' }
  | { kind: 'unknown' }

/** The outcome of a call that gives back. `seal_broken`: it could not be made, as its card and key cannot be read. */
export type UndoOutcome =
  | { kind: 'given_back'; moved: Moved }
  | { kind: 'nothing' }
  | { kind: 'refused'; code: Code }
  | { kind: 'not_done' }
  | { kind: 'unknown' }
  | { kind: 'seal_broken' }

/** `reversed`: the guest has it back; `taken`: it counts as redeemed. */
export type OperatorDecision = { as: 'reversed' | 'taken'; by: string; why: string }

/** What is needed of a closed bill to find its coupons. Times are epoch ms; `venue` is TRIFFT's id. */
export type CardBill = {
  venue: string
  cardHash: string
  /** The same when the bill is voided, refunded, or reopened and closed again. */
  ticketKey: string
  kind: TicketKind
  account: string | undefined
  /** The account as earlier versions stored it. */
  formerAccount?: string | undefined
  /** When the bill was open, with a tolerance for tills' clocks. */
  fromMs: number
  toMs: number
  /** The redemptions that the ticket names. */
  named: TicketRedemption[]
}

/** How long a key is remembered; later the same debit is a new attempt. */
export const keyMs = 24 * 60 * 60 * 1000

/** Whether it is taken, and no undo was requested. */
export function stands({ state, undo }: Redemption): boolean {
  return state === 'confirmed' && undo === undefined
}

/** Whether neither the undo worker nor an operator has anything left to do with it. */
export function isFinal({ state, dueAtMs }: Redemption): boolean {
  return dueAtMs === undefined && state !== 'stuck'
}

/** Whether the undo worker has to handle it now: never while a call of it may be under way. */
export function isDue(row: Redemption, nowMs: number): boolean {
  return row.dueAtMs !== undefined && row.dueAtMs <= nowMs && !isUnderWay(row, nowMs)
}

/** Whether a call may be on its way to the core: nothing else may be sent for its card. */
function isUnderWay({ call }: Redemption, nowMs: number): boolean {
  return call !== undefined && call.untilMs > nowMs
}

/** Whether the core had nothing to give back: the reward is free, and the row only waits for a lost call to arrive. */
export function hasNothingAtCore({ state, undo }: Redemption): boolean {
  return state === 'in_doubt' && undo?.last === 'nothing'
}
