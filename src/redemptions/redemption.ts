import type { Code } from '../model/refusal.ts'
import type { Moved, TicketKind, TicketRedemption, What } from '../model/words.ts'

/** `ARCHITECTURE.md` draws how one becomes another; `transitions.ts` is the table. */
export type RedemptionState =
  'sent' | 'not_done' | 'refused' | 'confirmed' | 'credited' | 'in_doubt' | 'reversed' | 'stuck'

/** One attempt of a debit, with what was asked back of it. */
export type Redemption = {
  /** The reference under which the core knows it. */
  id: string
  key: string
  attempt: number
  cardHash: string
  account: string | undefined
  /** Unknown only where a credit came without its debit and did not say. */
  what: What | undefined
  state: RedemptionState
  /** False where only a credit has ever come. */
  wasSent: boolean
  /** Epoch ms; 0 where it never left. */
  sentAtMs: number
  /** The till's OK has left. */
  isAnswered: boolean
  /** Its due time has passed: a row that is `sent` by then is in doubt whoever left it. */
  isDue: boolean
  /** Who asks for it back; undefined while nobody does. */
  undoBy: 'till' | 'doubt' | undefined
  /** Part of the Idempotency-Key of calls that give back: another after each readable answer. */
  undoNumber: number
  /**
   * Calls that give back, counted when they begin, since whoever begins one may die before its answer; and how many
   * were refused readably.
   */
  undoCalls: number
  undoTries: number
  /** Epoch ms: since when it is to be given back. */
  undoSinceMs: number
  /** The core has said that there is nothing to give back, so the reward is free; it is asked once more. */
  isFreed: boolean
  creditKey: string | undefined
  /** The ticket that it went out with (`ticketKey`); undefined before, and once that ticket is void. */
  ticketKey: string | undefined
  /** What the core said when it was taken. */
  moved: Moved | undefined
  refusedWith: Code | undefined
  /** What the core said when it was given back. */
  givenBack: Moved | undefined
}

/** Needed to give back later, by whoever has to; kept sealed until the row is final. */
export type RedemptionSecret = { cardNumber: string; apiKey: string }

type RedemptionIntent = {
  /** TRIFFT's id of the venue: scopes keys and bills. */
  venue: string
  /** The Aztec venue ID. */
  venueId: string
  cardHash: string
  cardMasked: string
  secret: RedemptionSecret
}

export type DebitIntent = RedemptionIntent & {
  key: string
  /** The key is the POS's own transaction id; else it is the bill and the reward. */
  isNamed: boolean
  account: string
  what: What
}

export type KnownDebit = {
  /** The latest attempt under this key that is remembered. */
  sameKey: Redemption | undefined
  /** This card's coupon, confirmed on this bill within a day under any key, not asked back, and on no ticket yet. */
  sameCoupon: Redemption | undefined
  /** A debit of this card and coupon under another key is on its way, in doubt, or being given back. */
  isHeld: boolean
}

export type DebitDecision =
  { do: 'send' } | { do: 'replay'; redemption: Redemption } | { do: 'refuse'; code: Code }

export type DebitBegun = Exclude<DebitDecision, { do: 'send' }> | { do: 'send'; id: string }

export type DebitOutcome =
  /** `secret`: should it have been given up as not taken meanwhile, it has to be given back now. */
  | { kind: 'confirmed'; moved: Moved; secret: RedemptionSecret }
  | { kind: 'refused'; code: Code }
  | { kind: 'not_done' }
  | { kind: 'unknown' }

export type CreditIntent = RedemptionIntent & {
  creditKey: string | undefined
  redemptionId: string | undefined
  /** The key of the debit, where the credit names its transaction. */
  debitKey: string | undefined
  /** The bill and what was taken, to find the debit by where it is not named. */
  account: string | undefined
  what: What | undefined
}

export type KnownCredit = {
  /** The redemption that this credit's transaction id has asked back before. */
  sameCredit: Redemption | undefined
  debit: Redemption | undefined
}

export type CreditDecision =
  | { do: 'send'; redemption: Redemption }
  /** The debit is still on its way: ask for it back, and say that it is not given back yet. */
  | { do: 'ask'; redemption: Redemption }
  /** The debit is not known here: ask the core under this reference. */
  | { do: 'adopt'; reference: string; key: string }
  /** Nothing is known and nothing is asked: refuse a late debit under this key for a while. */
  | { do: 'entomb'; reference: string; key: string; forMs: number }
  | { do: 'replay'; redemption: Redemption }
  | { do: 'refuse'; code: Code }

export type CreditBegun =
  | { do: 'send'; redemption: Redemption }
  | { do: 'replay'; redemption: Redemption }
  | { do: 'refuse'; code: Code }

/** `tenant` is undefined if its seal is broken. */
export type DueUndo = { id: string; cardHash: string; tenant: string | undefined }

export type UndoBegun = {
  redemption: Redemption
  /** Undefined where its seal is broken: then an operator has to decide. */
  secret: RedemptionSecret | undefined
  /** TRIFFT's id of the venue, and the Aztec one. */
  venue: string
  venueId: string
}

export type UndoOutcome =
  | { kind: 'given_back'; moved: Moved }
  | { kind: 'nothing' }
  | { kind: 'refused'; code: Code }
  | { kind: 'not_done' }
  | { kind: 'unknown' }
  | { kind: 'seal_broken' }

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

/** A redemption of a coupon that a ticket may be about: one of its card and venue, or one that it names. */
export type BillRedemption = {
  id: string
  rewardId: string
  account: string | undefined
  /** Confirmed, and of the same venue and card as the ticket. */
  isOfCard: boolean
  confirmedAtMs: number
  /** The ticket that it went out with. */
  ticketKey: string | undefined
  /** That ticket has named it; else it was found by the bill. */
  isNamed: boolean
}

export type CouponsDecision = {
  /** Of the event, in order. */
  coupons: string[]
  /** Redemptions that go out with this ticket from now on. */
  claims: { id: string; isNamed: boolean }[]
  /** The ticket is void: what went out with it is free for another. */
  isReleased: boolean
}

/** What an operator may know of a redemption: no card number, no key. Times are epoch ms. */
export type RedemptionRecord = {
  id: string
  state: RedemptionState
  what: What | undefined
  cardMasked: string
  /** The Aztec venue ID. */
  venueId: string
  account: string | undefined
  attempt: number
  createdAtMs: number
  /** Undefined where only a credit has ever come. */
  sentAtMs: number | undefined
  confirmedAtMs: number | undefined
  /** The till's OK has left. */
  answeredAtMs: number | undefined
  /** Undefined where nobody asks for it back. */
  undo: RedemptionUndo | undefined
  settled: { by: string; why: string; atMs: number } | undefined
}

export type RedemptionUndo = {
  by: 'till' | 'doubt'
  sinceMs: number
  calls: number
  /** Calls that the core has refused readably. */
  tries: number
  /** What came of the last call. */
  last: string | undefined
  dueAtMs: number | undefined
}

/** `reversed`: the guest has it back; `taken`: it counts as redeemed. */
export type OperatorDecision = { as: 'reversed' | 'taken'; by: string; why: string }

/** `state` as it is now; undefined where the redemption is not known. */
export type OperatorOutcome = { isDone: boolean; state: RedemptionState | undefined }
