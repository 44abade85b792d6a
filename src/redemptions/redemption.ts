import type { Code } from '../model/refusal.ts'
import type { Moved, TicketKind, TicketRedemption, What } from '../model/words.ts'

/** `transitions.ts` says how one becomes another, and `ARCHITECTURE.md` draws it. */
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
 * One attempt of a debit, with what was asked back of it: a row of the journal. It is in doubt while it is taken, or may
 * be, and the till was not told so. All times are epoch ms.
 */
export type Redemption = {
  /** The reference under which the core knows it. */
  id: string
  /** Raised by each change. */
  revision: number
  /** Finds it again if the till repeats its debit (`model/keys.ts`). */
  key: string
  attempt: number
  /** TRIFFT's id of the venue, and the Aztec venue ID. */
  venue: string
  venueId: string
  /** Names the API key; undefined for rows of earlier versions. */
  tenant: string | undefined
  cardHash: string
  cardMasked: string
  account: string | undefined
  /** Unknown only if a credit came without its debit and did not say, or if the seal of the coupon's id is broken. */
  what: What | undefined
  state: RedemptionState
  createdAtMs: number
  /** Undefined if only a credit has ever come. */
  sentAtMs: number | undefined
  confirmedAtMs: number | undefined
  /** When the till's OK left. */
  answeredAtMs: number | undefined
  /** When somebody has to look after it: a row that is `sent` by then was left by its process. Undefined is never. */
  dueAtMs: number | undefined
  /** Until then a repeat of its debit is recognised. */
  keyUntilMs: number
  /** Undefined while nobody asks for it back. */
  undo: Undo | undefined
  /** Part of the Idempotency-Key of calls that give back: another after each readable answer. */
  undoNumber: number
  creditKey: string | undefined
  /** The ticket that it went out with (`ticketKey`); undefined before, and once that ticket is void. */
  ticketKey: string | undefined
  /** That ticket has named it; else it was found by the bill. */
  isNamedByTicket: boolean
  /** What the core said when it was taken. */
  moved: Moved | undefined
  refusedWith: Code | undefined
  /** What the core said when it was given back. */
  givenBack: Moved | undefined
  /** An operator has decided. */
  settled: { by: string; why: string; atMs: number } | undefined
}

export type Undo = {
  /** A credit of the till, or we ourselves, since the till was not told that it is taken. */
  by: 'till' | 'doubt'
  sinceMs: number
  /** Calls that give back, counted when they begin, since whoever begins one may die before its answer. */
  calls: number
  /** Those that the core has refused readably. */
  refusals: number
  /** What came of the last call; `nothing`: the core had nothing to give back. */
  last: string | undefined
}

/** Needed to give back later, by whoever has to; kept sealed until the row is final. */
export type RedemptionSecret = { cardNumber: string; apiKey: string }

/** What changes of a row. `secret`: is sealed from now on; null: is erased. */
export type Change = Partial<Omit<Redemption, 'id' | 'revision'>> & { secret?: RedemptionSecret | null }

type RedemptionIntent = {
  venue: string
  venueId: string
  tenant: string
  cardHash: string
  cardMasked: string
  secret: RedemptionSecret
}

export type DebitIntent = RedemptionIntent & {
  key: string
  /** The key is the POS's own transaction id; else it is the bill and the reward. */
  hasTransactionId: boolean
  account: string
  what: What
}

export type CreditIntent = RedemptionIntent & {
  creditKey: string | undefined
  redemptionId: string | undefined
  /** The key of the debit, if the credit names its transaction. */
  debitKey: string | undefined
  /** The bill and what was taken, to find the debit by if it is not named. */
  account: string | undefined
  what: What | undefined
}

/** What came of a call that takes. */
export type DebitOutcome =
  /** `secret`: should it have been given up as not taken meanwhile, it has to be given back now. */
  | { kind: 'confirmed'; moved: Moved; secret: RedemptionSecret }
  | { kind: 'refused'; code: Code }
  | { kind: 'not_done' }
  | { kind: 'unknown' }

/** What came of a call that gives back. `seal_broken`: it could not be made, since nobody can read what to call for. */
export type UndoOutcome =
  | { kind: 'given_back'; moved: Moved }
  | { kind: 'nothing' }
  | { kind: 'refused'; code: Code }
  | { kind: 'not_done' }
  | { kind: 'unknown' }
  | { kind: 'seal_broken' }

/** `reversed`: the guest has it back; `taken`: it counts as redeemed. */
export type OperatorDecision = { as: 'reversed' | 'taken'; by: string; why: string }

/** A closed bill as far as coupons are concerned. Times are epoch ms; `venue` is TRIFFT's id. */
export type CardBill = {
  venue: string
  cardHash: string
  /** Names the ticket, also when it is voided, refunded, or reopened and closed again. */
  ticketKey: string
  kind: TicketKind
  account: string | undefined
  /** The same as earlier versions wrote it down. */
  formerAccount?: string | undefined
  /** When the bill was open, with room for clocks that differ from ours. */
  fromMs: number
  toMs: number
  /** What the ticket itself says. */
  named: TicketRedemption[]
}

/** It is taken, and nobody asks for it back. */
export function stands({ state, undo }: Redemption): boolean {
  return state === 'confirmed' && undo === undefined
}

/** Nobody has to look after it any more. */
export function isFinal({ state, dueAtMs }: Redemption): boolean {
  return dueAtMs === undefined && state !== 'stuck'
}

export function isDue({ dueAtMs }: Redemption, nowMs: number): boolean {
  return dueAtMs !== undefined && dueAtMs <= nowMs
}

/** The core had nothing to give back, so the reward is free; only the row waits for a call that may still come. */
export function hasNothingAtCore({ state, undo }: Redemption): boolean {
  return state === 'in_doubt' && undo?.last === 'nothing'
}
