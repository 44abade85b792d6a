import type { Work } from './work.ts'

/** What may be refused for lack of room. Redemptions are refused last, since a guest is waiting at the till. */
export type Intake = 'redemption' | 'ticket' | 'dead_letter'

/**
 * How the journal's functions reach the database, whichever it is. `card`: the hash of the card whose rows the work
 * looks at, since what looks at the rows of one card runs one after the other. Each throws StorageUnavailable if the
 * database cannot be used.
 */
export type Access = {
  /** Does the work outside of a transaction. */
  read<T>(work: BeginWork<T>): Promise<T>
  /** Does the work in a transaction; resolves when it is on disk. */
  write<T>(work: BeginWork<T>, card?: string): Promise<T>
  /** The same for one write of a row whose revision is known: most often that is all. */
  amend<T>(work: BeginWork<T>): Promise<T>
  /** The same for new debits, credits, tickets and dead letters, which are refused if there is no room. */
  admit<T>(intake: Intake, work: BeginWork<T>, card?: string): Promise<T>
  limits: Limits
  /**
   * Whether the database was away a moment ago, for this replica or for all: then OKs may have left that no replica could
   * write down yet, and what is confirmed must not be taken for unheard.
   */
  wasAway(nowMs: number): boolean
}

/** @param mayBeDone an earlier try may have been written: its COMMIT had no answer */
export type BeginWork<T> = (nowMs: number, mayBeDone: boolean) => Work<T>

/** Leaves room for other venues. `venue` is TRIFFT's id of the one that sends. */
export type Limits = {
  /** @returns why one more ticket is refused; undefined if it is not */
  ticketShareTaken(venue: string): Work<string | undefined>
  /** @returns why one more dead letter is refused; undefined if it is not */
  deadLetterShareTaken(venue: string): Work<string | undefined>
}
