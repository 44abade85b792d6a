import type { Credentials, UnreadMessage, Venue } from '../model/words.ts'
import type { Code } from '../model/refusal.ts'
import type { CouponsDecision } from '../redemptions/coupons.ts'
import type { CreditDecision, CreditRows } from '../redemptions/decide-credit.ts'
import type { DebitDecision, DebitRows } from '../redemptions/decide-debit.ts'
import type { RedemptionRecord } from '../redemptions/record.ts'
import type {
  CardBill,
  CreditIntent,
  DebitIntent,
  Redemption,
  RedemptionSecret,
} from '../redemptions/redemption.ts'
import type { RedemptionEvent } from '../redemptions/transitions.ts'
import type { DeadLetter, OpenedDeadLetter, TicketIntake, WaitingTicket } from './stored-tickets.ts'

/**
 * What the service writes down so that nothing is lost and nothing is taken twice: all that an implementation has to keep
 * to. Every function is asynchronous, and when it returns, what it wrote is on disk. Each throws `StorageUnavailable` if the
 * journal cannot be used just now. Functions that it is given (`decide`) are pure, and may be asked more than once.
 */
export type Journal = {
  /**
   * Looks up what is known of a debit and, if `decide` says `send`, writes the intent, all in one step: of two twins one
   * is told to send, the other sees its row.
   */
  beginDebit(
    intent: DebitIntent,
    decide: (known: DebitRows, nowMs: number) => DebitDecision,
  ): Promise<DebitBegun>
  /** Finds the debit that a credit is about and writes what `decide` says. */
  beginCredit(
    intent: CreditIntent,
    decide: (known: CreditRows, nowMs: number) => CreditDecision,
  ): Promise<CreditBegun>
  /** Writes what an event makes of a redemption (`redemptions/transitions.ts`). */
  record(id: string, event: RedemptionEvent): Promise<Recorded>
  /** The till's OK has left: recorded even if the journal could not be written just then. */
  markAnswered(id: string): Promise<void>

  /** @returns redemptions in doubt, and credits whose answer is lost, that are due: the longest due first */
  dueUndos(limit: number): Promise<DueUndo[]>
  /** Claims one of them; undefined if it is settled, or not due any more. */
  beginUndo(id: string): Promise<UndoBegun | undefined>

  /** @returns what an operator has to decide, the oldest first */
  stuckRedemptions(): Promise<RedemptionRecord[]>
  findRedemption(id: string): Promise<RedemptionRecord | undefined>

  /**
   * Accepts a ticket. A repeat (same id, same fingerprint) is not written again.
   * @param card of a ticket with a card: the coupons that go out with it are decided in the same step, so that no two
   *   tickets have the same one
   */
  acceptTicket(
    ticket: TicketIntake,
    card?: { bill: CardBill; decide: (known: Redemption[]) => CouponsDecision },
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
  keepDeadLetter(message: UnreadMessage & { reason: string }): Promise<void>

  /** @returns the dead letters, newest first, without their content */
  deadLetters(): Promise<DeadLetter[]>
  openDeadLetter(id: string): Promise<OpenedDeadLetter | undefined>
  /** A ticket that Kafka has refused waits for Kafka again, and is no dead letter any more. */
  requeueTicket(id: string): Promise<void>
  /** What a dead letter held was accepted by other means. */
  dropDeadLetter(id: string): Promise<void>

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

export type DebitBegun = Exclude<DebitDecision, { do: 'send' }> | { do: 'send'; id: string }

export type CreditBegun =
  | { do: 'send'; redemption: Redemption }
  | { do: 'replay'; redemption: Redemption }
  | { do: 'refuse'; code: Code }

/** The row as it is now; undefined if there is none. */
export type Recorded = { redemption: Redemption | undefined; isChanged: boolean }

/** `tenant` is undefined if its seal is broken. */
export type DueUndo = { id: string; cardHash: string; tenant: string | undefined }

/** `secret` is undefined if its seal is broken: then an operator has to decide. */
export type UndoBegun = { redemption: Redemption; secret: RedemptionSecret | undefined }

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
