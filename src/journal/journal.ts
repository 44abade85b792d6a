import type { Credentials, Ticket, UnreadMessage, Venue } from '../model/words.ts'
import type {
  BillRedemption,
  CardBill,
  CouponsDecision,
  CreditBegun,
  CreditDecision,
  CreditIntent,
  DebitBegun,
  DebitDecision,
  DebitIntent,
  DebitOutcome,
  DueUndo,
  KnownCredit,
  KnownDebit,
  OperatorDecision,
  OperatorOutcome,
  RedemptionRecord,
  RedemptionState,
  UndoBegun,
  UndoOutcome,
} from '../redemptions/redemption.ts'

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

/** Another process has this journal: two would each have a budget, and undo what the other has under way. */
export class JournalInUse extends Error {
  override name = 'JournalInUse'
}

/** Rows were sealed with keys that are not in JOURNAL_KEY any more. */
export class JournalKeyMissing extends Error {
  override name = 'JournalKeyMissing'
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
