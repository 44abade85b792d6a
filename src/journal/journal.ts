import type { Credentials, UnreadMessage, Venue } from '../model/words.ts'
import { StorageUnavailable, type Code } from '../model/refusal.ts'
import type { Logger } from '../observability/logger.ts'
import type { Metrics } from '../observability/metrics.ts'
import type { CouponsDecision } from '../redemptions/coupons.ts'
import type { CreditDecision, CreditRows } from '../redemptions/decide-credit.ts'
import type { CardRows, DebitDecision, DebitRows } from '../redemptions/decide-debit.ts'
import type { RedemptionRecord } from '../redemptions/record.ts'
import type {
  CardBill,
  CreditIntent,
  DebitIntent,
  Redemption,
  RedemptionSecret,
} from '../redemptions/redemption.ts'
import type { RedemptionEvent } from '../redemptions/transitions.ts'
import type { Clock } from '../time/clock.ts'
import type { Acts } from './acts.ts'
import type { CardErasure } from './erase.ts'
import type { LookUps } from './look-ups.ts'
import type { Durability, SharedBudget, SharedLease, SharedNotices, SharedReplicas } from './shared.ts'
import type { DeadLetter, TicketAccepted, TicketIntake, WaitingTicket } from './stored-tickets.ts'

/**
 * What the service stores so that nothing is lost and nothing is taken twice. When a promise resolves, what the function
 * wrote is on disk. Every function that returns a promise throws `StorageUnavailable` if the journal cannot be used at the
 * moment. The functions passed to it (`decide`) must be pure, and may be called more than once.
 */
export type Journal = {
  /**
   * Finds the rows that matter to a debit, passes them to `decide` and, if that says `send`, writes the intent. All in
   * one step, so that of two equal debits one is sent and the other sees its row.
   */
  beginDebit(
    intent: DebitIntent,
    decide: (rows: DebitRows & CardRows, nowMs: number) => DebitDecision,
  ): Promise<DebitBegun>
  /** Finds the rows that a credit may be about, and carries out what `decide` says. */
  beginCredit(
    intent: CreditIntent,
    decide: (rows: CreditRows & CardRows, nowMs: number) => CreditDecision,
  ): Promise<CreditBegun>
  /**
   * Changes a redemption as the event requires (`redemptions/transitions.ts`).
   * @param of its id, or its row as the caller knows it, which saves reading it if it has not changed since
   */
  record(of: string | Redemption, event: RedemptionEvent): Promise<Recorded>
  /** Records that the till's OK has left, as `record` does. If that fails, it is still known before the next undo of it. */
  markAnswered(of: string | Redemption): Promise<void>

  /**
   * @returns the redemptions in doubt, and credits whose answer was lost, that are due, the longest due first; without
   *   those that are sealed with a key that is missing, which are left to other replicas
   */
  dueUndos(limit: number): Promise<DueUndo[]>
  /**
   * Records that the call of an undo is about to leave; undefined if it is settled, no longer due, or has to wait for
   * another call of its card.
   */
  beginUndo(due: Pick<DueUndo, 'id' | 'cardHash'>): Promise<UndoBegun | undefined>

  /** @returns what an operator has to decide, oldest first */
  stuckRedemptions(): Promise<RedemptionRecord[]>
  findRedemption(id: string): Promise<RedemptionRecord | undefined>

  /**
   * Accepts a ticket. A repeat (same id, same fingerprint) is not written again.
   * @param card for a ticket with a card: decides in the same step which coupons go out with it, so that no two tickets
   *   get the same one
   */
  acceptTicket(
    ticket: TicketIntake,
    card?: { bill: CardBill; decide: (redemptions: Redemption[]) => CouponsDecision },
  ): Promise<TicketAccepted>
  /**
   * @returns the oldest tickets that are not in Kafka yet, in order of arrival, as far as the first whose key is missing
   * @throws JournalKeyMissing if that is the oldest: it must not be passed by those behind it
   */
  waitingTickets(limit: number): Promise<WaitingTicket[]>
  markPublished(eventIds: string[]): Promise<void>
  /** Moves a ticket that Kafka refuses for good to the dead letters. */
  moveToDeadLetters(eventId: string, reason: string): Promise<void>
  /**
   * Keeps a ticket that could not be read, once per content. Once the room for dead letters is half full, each venue is
   * limited to a tenth of it, so that one cannot use up the room of the others.
   */
  keepDeadLetter(message: UnreadMessage & { reason: string }): Promise<void>

  /** @returns the dead letters, newest first, without their content */
  deadLetters(): Promise<DeadLetter[]>

  findApproval(credentials: Credentials): Promise<Approval | undefined>
  keepApproval(credentials: Credentials, approval: Approval): Promise<void>
  dropApproval(credentials: Credentials): Promise<void>

  /** What people ask about what is stored. */
  lookUps: LookUps
  /** What people decide, and what is written down of it. */
  acts: Acts
  /** Says what would be erased of a card, or why it cannot be. */
  findForErasure(cardHash: string): Promise<CardErasure>
  /** Makes all that is stored of a card anonymous, or nothing: what is open or may be repeated needs it. */
  eraseCard(cardHash: string): Promise<CardErasure>

  /** How safe a commit is, as it was last seen; undefined if it is not known yet, or always on this machine's disk. */
  durability(): Durability | undefined
  /** What replicas tell each other; undefined if the journal belongs to one process. */
  sharedNotices: SharedNotices | undefined
  /** Which replica does a job; undefined if the journal belongs to one process. */
  sharedLease: SharedLease | undefined
  /** Which replicas there are; undefined if the journal belongs to one process. */
  sharedReplicas: SharedReplicas | undefined
  /** The budget that all replicas share; undefined if the journal belongs to one process. */
  sharedBudget: SharedBudget | undefined
  /** @returns how the last process left the budget; unless `closeBudget` is called, the next one finds a kill */
  openBudget(): Promise<BudgetLeft>
  keepBlock(scope: string, blockedUntilMs: number): Promise<void>
  closeBudget(scopes: { scope: string; freeAtMs: number[] }[]): Promise<void>

  /**
   * One small step of housekeeping: deletes some expired rows, and checks whether a trouble is over.
   * @returns whether nothing was left to delete
   */
  tidy(): Promise<{ isTidy: boolean }>
  stats(): Promise<JournalStats>
  /** @returns a description of what is wrong; undefined if nothing is */
  trouble(): string | undefined
  close(): Promise<void>
}

export type JournalDeps = {
  clock: Clock
  log: Logger
  metrics: Pick<
    Metrics,
    | 'journalCommitSeconds'
    | 'journalFailures'
    | 'journalTrouble'
    | 'journalDurability'
    | 'journalUnreplicated'
    | 'journalConnectionSeconds'
    | 'journalMaxBytes'
    | 'clockJumps'
  >
}

/** Another process uses this journal. Two would each spend the whole budget, and undo each other's debits under way. */
export class JournalInUse extends Error {
  override name = 'JournalInUse'
}

/**
 * A row is sealed with a key that is not in JOURNAL_KEY. Of several replicas another may have it, while keys are
 * rotated: what was asked for can be asked again there.
 */
export class JournalKeyMissing extends StorageUnavailable {
  override name = 'JournalKeyMissing'
}

/** The database may lose what it has committed, which production does not accept. */
export class JournalNotDurable extends Error {
  override name = 'JournalNotDurable'
}

export type DebitBegun = Exclude<DebitDecision, { do: 'send' }> | { do: 'send'; redemption: Redemption }

export type CreditBegun =
  | { do: 'send'; redemption: Redemption }
  | { do: 'replay'; redemption: Redemption }
  | { do: 'refuse'; code: Code }
  | { do: 'wait' }

/** The row as it is now; undefined if there is none. */
export type Recorded = { redemption: Redemption | undefined; isChanged: boolean }

/** `tenant` is undefined only for a row of an earlier version whose seal is broken. */
export type DueUndo = Pick<Redemption, 'id' | 'cardHash' | 'tenant' | 'trace'>

/** `secret` is undefined if the seal is broken: an operator has to decide. */
export type UndoBegun = { redemption: Redemption; secret: RedemptionSecret | undefined }

export type JournalStats = {
  /** Redemptions that are not settled, by state; `being_credited`: confirmed, with a credit that is being repeated. */
  open: { sent: number; in_doubt: number; being_credited: number; stuck: number }
  ticketsWaiting: number
  /** Epoch ms: when the oldest undo that is not settled was requested. */
  oldestInDoubtAtMs: number | undefined
  oldestTicketAtMs: number | undefined
  deadLetters: number
  /** The size of their sealed contents. */
  deadLetterBytes: number
  /** In use, out of JOURNAL_MAX_BYTES. */
  bytes: number
  /** The size of the write-ahead log beside the file. */
  walBytes: number
}

/** The core has confirmed that a venue and a key belong together; epoch ms. */
export type Approval = { venue: Venue; approvedAtMs: number }

/** How the last process left the budget; `killed`: it could not save it. Times are epoch ms. */
export type BudgetLeft = {
  how: 'never_started' | 'stopped' | 'killed'
  scopes: { scope: string; freeAtMs: number[]; blockedUntilMs: number | undefined }[]
}
