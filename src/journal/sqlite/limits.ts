import { StorageUnavailable } from '../../model/refusal.ts'
import { walKeptBytes, type Database } from './database.ts'
import { readDeadLetterBytesOf, readDeadLetterTotals } from '../dead-letters.ts'
import type { FileWatch } from './file-watch.ts'
import type { TroubleKind, Troubles } from '../troubles.ts'

/** What can be refused, since whoever sends it keeps it: the redemptions last, as a guest waits at the till. */
export type Intake = 'redemption' | 'ticket' | 'dead_letter'

const closedBy: Record<Intake, TroubleKind[]> = {
  redemption: ['lost', 'damaged', 'full', 'log_too_long'],
  ticket: ['lost', 'damaged', 'full', 'log_too_long', 'nearly_full'],
  dead_letter: ['lost', 'damaged', 'full', 'log_too_long', 'nearly_full', 'dead_letters_full'],
}

/** Tickets leave this part of the room to redemptions. */
const ticketShare = 0.9
const deadLetterShare = 0.1
/** Once this part of the room for tickets, or for dead letters, is taken, each venue has only its share of it. */
const crowdedShare = 0.5
/** The share of a venue, so that one that floods leaves room to the others. */
const venueShare = 0.1
/** What was full is open again a little lower, so that it does not open and close with each row. */
const openAgainShare = 0.98
/** The log begins anew at 4 MB. It grows on only while somebody reads an old state of the file without an end. */
const longestWalBytes = 4 * walKeptBytes

/**
 * Room for `maxBytes` of pages in use. What comes new is refused before anything is done for it; what is under way is
 * always settled, for which the rest of the disk has to do.
 */
export function createLimits(db: Database, maxBytes: number, troubles: Troubles, lost: FileWatch['lost']) {
  let bytesInUse = 0

  const watch = (kind: TroubleKind, what: string, bytes: number, limitBytes: number) => {
    const isOpen = troubles.reason(kind) === undefined
    const isOver = bytes >= (isOpen ? limitBytes : limitBytes * openAgainShare)
    troubles.note(kind, isOver ? `${what}: ${toMiB(bytes)} of ${toMiB(limitBytes)} MiB` : undefined)
  }

  /** Measures: some microseconds. */
  const look = () => {
    troubles.note('lost', lost())
    const { bytes, walBytes } = db.sizes()
    bytesInUse = bytes
    watch('full', 'the journal is full', bytes, maxBytes)
    watch('nearly_full', 'the journal has no room for tickets', bytes, maxBytes * ticketShare)
    watch('log_too_long', "the journal's log cannot be cut while somebody reads", walBytes, longestWalBytes)
    const deadLetterBytes = readDeadLetterTotals(db).bytes
    watch(
      'dead_letters_full',
      'there is no room for dead letters',
      deadLetterBytes,
      maxBytes * deadLetterShare,
    )
  }

  let hasGrown = true

  return {
    look,
    /** After each commit; nothing else takes room. */
    noteCommit() {
      hasGrown = true
    },
    /** @throws StorageUnavailable where there is no room for it */
    admit(intake: Intake) {
      if (hasGrown || troubles.worst()) look()
      else troubles.note('lost', lost())
      hasGrown = false
      const [reason] = closedBy[intake].flatMap((kind) => troubles.reason(kind) ?? [])
      if (reason !== undefined) throw new StorageUnavailable(reason)
    },
    /**
     * @param venue TRIFFT's id of the venue that sends one more ticket
     * @returns why it may not, undefined if it may: others must find room while Kafka is away
     */
    ticketShareTaken(venue: string): string | undefined {
      const roomBytes = maxBytes * ticketShare
      // As measured when it was admitted.
      if (bytesInUse < roomBytes * crowdedShare) return undefined
      const bytes = readTicketBytesOf(db, venue)
      if (bytes < roomBytes * Math.max(venueShare, 1 / countVenues(db))) return undefined
      return `the venue has its share of the room for tickets: ${toMiB(bytes)} of ${toMiB(roomBytes)} MiB`
    },
    /**
     * @param venue TRIFFT's id of the venue that wants to keep one more dead letter
     * @returns why it may not, undefined if it may
     */
    deadLetterShareTaken(venue: string): string | undefined {
      const roomBytes = maxBytes * deadLetterShare
      if (readDeadLetterTotals(db).bytes < roomBytes * crowdedShare) return undefined
      const bytes = readDeadLetterBytesOf(db, venue)
      if (bytes < roomBytes * venueShare) return undefined
      return `the venue has its share of the room for dead letters: ${toMiB(bytes)} of ${toMiB(roomBytes)} MiB`
    },
  }
}

function readTicketBytesOf(db: Database, venue: string): number {
  return Number(db.get('SELECT bytes FROM ticket_venues WHERE venue = :venue', { venue })?.bytes ?? 0)
}

/** One that is alone needs to leave nothing to others. */
function countVenues(db: Database): number {
  return Math.max(1, Number(db.get('SELECT count(DISTINCT core_id) AS venues FROM venues')?.venues))
}

function toMiB(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(1)
}
