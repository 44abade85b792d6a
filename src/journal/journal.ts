import type { Code } from '../loyalty/refusal.ts'
import type {
  Credentials,
  Moved,
  Ticket,
  TicketKind,
  TicketRedemption,
  Venue,
  What,
} from '../loyalty/words.ts'

/**
 * What the service writes down so that nothing is lost and nothing is taken twice. One interface, on one page although
 * that is above 200 lines: it is all that another implementation has to keep to. `sqlite.ts` is the
 * implementation for one replica. Every function is asynchronous, and when it returns, what it wrote is on disk.
 * Each throws `StorageUnavailable` where the journal cannot be used just now.
 */
export type Journal = {
  /**
   * Looks up what is known of a debit and, where `decide` says `send`, writes the intent, all in one step: of two
   * twins one is told to send, the other sees its row. `decide` is pure and may be asked again.
   */
  beginDebit(intent: DebitIntent, decide: (known: KnownDebit) => DebitDecision): Promise<DebitBegun>
  /** Writes what came of the call. `stands`: it is taken, and nobody has given it back or asked for that meanwhile. */
  settleDebit(id: string, outcome: DebitOutcome): Promise<{ stands: boolean }>
  /** The till's OK has left. */
  markAnswered(id: string): Promise<void>

  /** Finds the debit that a credit is about and writes what `decide` says. */
  beginCredit(intent: CreditIntent, decide: (known: KnownCredit) => CreditDecision): Promise<CreditBegun>

  /** @returns redemptions in doubt, and credits whose answer is lost, that are due: the longest due first */
  dueUndos(limit: number): Promise<DueUndo[]>
  /** Claims one of them; undefined where it is settled, or not due any more. */
  beginUndo(id: string): Promise<UndoBegun | undefined>
  /** Writes what came of a call that gives back, a credit's or an undo's. */
  settleUndo(id: string, outcome: UndoOutcome): Promise<{ state: RedemptionState; isFinal: boolean }>

  /**
   * Takes a ticket in. A repeat (same id, same fingerprint) is not written again.
   * @param bill of a ticket with a card: the coupons that go out with it are decided in the same step, so that no two
   *   tickets have the same one. `decide` is pure and may be asked again.
   */
  takeTicket(
    ticket: TicketIntake,
    bill?: { bill: CardBill; decide: (known: BillRedemption[]) => CouponsDecision },
  ): Promise<{ isDuplicate: boolean }>
  /** @returns the oldest tickets that are not in Kafka yet, in the order of their arrival */
  waitingTickets(limit: number): Promise<WaitingTicket[]>
  markPublished(eventIds: string[]): Promise<void>
  /** Moves a ticket that Kafka refuses for good to the dead letters. */
  buryTicket(eventId: string, reason: string): Promise<void>
  /**
   * Keeps a ticket that nobody could read, once per content. Once the room for dead letters is half full a venue has a
   * tenth of it, so that there is room for the others'.
   */
  keepDeadLetter(letter: UnreadMessage & { reason: string }): Promise<void>

  /** @returns the dead letters, newest first, without their content */
  deadLetters(): Promise<DeadLetter[]>
  openDeadLetter(id: string): Promise<OpenedDeadLetter | undefined>
  /** A ticket that Kafka has refused waits for Kafka again, and is no dead letter any more. */
  requeueTicket(id: string): Promise<void>
  /** What a dead letter held was taken in by other means. */
  dropDeadLetter(id: string): Promise<void>

  /** @returns what an operator has to decide, the oldest first */
  stuckRedemptions(): Promise<RedemptionRecord[]>
  findRedemption(id: string): Promise<RedemptionRecord | undefined>
  /** A stuck redemption is in doubt again, due now, with all its tries. */
  retryRedemption(id: string): Promise<OperatorOutcome>
  /** Closes a redemption that is stuck or in doubt; who, when and why are kept with it. */
  settleRedemption(id: string, decision: OperatorDecision): Promise<OperatorOutcome>

  findApproval(credentials: Credentials): Promise<Approval | undefined>
  keepApproval(credentials: Credentials, approval: Approval): Promise<void>
  dropApproval(credentials: Credentials): Promise<void>

  /** How the last process left the budget; from now on a kill is noticed by the next. */
  openBudget(): Promise<BudgetLeft>
  keepBlock(scope: string, blockedUntilMs: number): Promise<void>
  closeBudget(scopes: { scope: string; freeAtMs: number[] }[]): Promise<void>

  /**
   * One small step of housekeeping: forgets some of what is past its time, and finds out whether a trouble is over.
   * @returns whether there was nothing left to forget
   */
  tidy(): Promise<{ isTidy: boolean }>
  stats(): Promise<JournalStats>
  /** What is wrong, in words; undefined while all is well. */
  trouble(): string | undefined
  close(): Promise<void>
}

/** The journal cannot be used just now: full, locked, read-only or damaged. */
export class StorageUnavailable extends Error {
  override name = 'StorageUnavailable'
}

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

/** A ticket that nobody could read, as it came but for its credentials, with what is needed to read it again. */
export type UnreadMessage = {
  venue: Venue
  tenant: string
  contentType: string
  /** How it is still packed, if it could not be unpacked. */
  contentEncoding?: string | undefined
  /** Its bytes, so that those of any charset survive. */
  base64: string
  /** Only its beginning was kept: how long it was, and the SHA-256 of all of it, in hex. */
  cut?: { totalBytes: number; sha256: string } | undefined
}

/** All that Kafka will be told of a closed bill; kept sealed until it is there. */
export type ClosedTicket = {
  venueId: string
  tenant: string
  traceparent: string
  ticket: Ticket
  /** Names the ticket in headers; without it the ticket's own id does. */
  subject?: string
  /** User coupons redeemed with this bill. */
  coupons: string[]
}

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

export type TicketIntake = {
  /** TRIFFT's id of the venue whose share of the room it takes; undefined for one from before. */
  venue?: string
  /** UUID v5 of venue, ticket id, kind and business date. */
  eventId: string
  /** By the rule of earlier versions, if that is another: a repeat of what they have taken in. */
  formerEventId?: string | undefined
  /** SHA-256 of the parsed ticket: the same for a repeat, another for a bill that was reopened. */
  fingerprint: string
  /** By the rule of earlier versions, for repeats of what they have taken in. */
  formerFingerprint: string
  kafkaKey: string
  closed: ClosedTicket
}

/** A ticket as it waits for Kafka. */
export type StoredTicket = Omit<TicketIntake, 'formerFingerprint' | 'formerEventId'>

/** A ticket that could not be understood (`message`), or that Kafka refuses for good (`ticket`). Times are epoch ms. */
export type DeadLetter = {
  id: string
  kind: 'message' | 'ticket'
  /** The Aztec venue ID. */
  venueId: string
  /** Never holds a value of the message. */
  reason: string
  keptAtMs: number
}

export type OpenedDeadLetter =
  | (DeadLetter & { kind: 'message'; message: UnreadMessage })
  | (DeadLetter & { kind: 'ticket'; ticket: StoredTicket })

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

export type WaitingTicket = { eventId: string; kafkaKey: string; takenAtMs: number; closed: ClosedTicket }

export type JournalStats = {
  /** Redemptions that are not settled, by state; `being_credited` stand, and a till's credit of them is repeated. */
  open: { sent: number; in_doubt: number; being_credited: number; stuck: number }
  ticketsWaiting: number
  /** Epoch ms: since when the oldest of those that are to be given back is. */
  oldestInDoubtAtMs: number | undefined
  oldestTicketAtMs: number | undefined
  deadLetters: number
  /** Of what they hold, in bytes. */
  deadLetterBytes: number
  /** In use, of JOURNAL_MAX_BYTES. */
  bytes: number
  /** Of the write-ahead log beside the file. */
  walBytes: number
}

/** The core's word that a venue and a key belong together; epoch ms. */
export type Approval = { venue: Venue; approvedAtMs: number }

/** How a process left the budget: `killed` where it had no time to say. Times are epoch ms. */
export type BudgetLeft = {
  how: 'never_started' | 'stopped' | 'killed'
  scopes: { scope: string; freeAtMs: number[]; blockedUntilMs: number | undefined }[]
}
