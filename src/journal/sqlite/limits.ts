import { StorageUnavailable } from '../../model/refusal.ts'
import type { Intake } from '../access.ts'
import { walKeptBytes, type Database } from './database.ts'
import { readDeadLetterBytesOf, readDeadLetterTotals } from '../dead-letters.ts'
import { get, type Work } from '../work.ts'
import type { FileWatch } from './file-watch.ts'
import type { TroubleKind, Troubles } from '../troubles.ts'

const closedBy: Record<Intake, TroubleKind[]> = {
  redemption: ['lost', 'damaged', 'full', 'log_too_long'],
  ticket: ['lost', 'damaged', 'full', 'log_too_long', 'nearly_full'],
  dead_letter: ['lost', 'damaged', 'full', 'log_too_long', 'nearly_full', 'dead_letters_full'],
}

/** Tickets may use this part of the room; the rest is left to redemptions. */
const ticketShare = 0.9
const deadLetterShare = 0.1
/** Once this part of the room for tickets, or for dead letters, is used, each venue is limited to its share of it. */
const crowdedShare = 0.5
/** The share of one venue, so that one that floods leaves room for the others. */
const venueShare = 0.1
/** A limit that was reached is over only below this part of it, so that it does not flip with each row. */
const openAgainShare = 0.98
/** The log starts over at 4 MB. It only grows beyond that while a reader keeps a transaction open. */
const longestWalBytes = 4 * walKeptBytes

/**
 * Limits the pages in use to `maxBytes`. New work is refused before it begins. What is under way is always settled, even
 * beyond the limit, for which the volume must have room.
 */
export function createLimits(db: Database, maxBytes: number, troubles: Troubles, lost: FileWatch['lost']) {
  let bytesInUse = 0

  const checkLimit = (kind: TroubleKind, what: string, bytes: number, limitBytes: number) => {
    const isOpen = troubles.reason(kind) === undefined
    const isOver = bytes >= (isOpen ? limitBytes : limitBytes * openAgainShare)
    troubles.set(kind, isOver ? `${what}: ${toMiB(bytes)} of ${toMiB(limitBytes)} MiB` : undefined)
  }

  /** Takes some microseconds. */
  const measure = () => {
    troubles.set('lost', lost())
    const { bytes, walBytes } = db.sizes()
    bytesInUse = bytes
    checkLimit('full', 'the journal is full', bytes, maxBytes)
    checkLimit('nearly_full', 'the journal has no room for tickets', bytes, maxBytes * ticketShare)
    checkLimit(
      'log_too_long',
      "the journal's log cannot be cut while it is being read",
      walBytes,
      longestWalBytes,
    )
    const deadLetterBytes = db.do(readDeadLetterTotals()).bytes
    checkLimit(
      'dead_letters_full',
      'there is no room for dead letters',
      deadLetterBytes,
      maxBytes * deadLetterShare,
    )
  }

  let hasGrown = true

  return {
    measure,
    /** To be called after each commit: the next `admit` measures again. */
    remeasure() {
      hasGrown = true
    },
    /** @throws StorageUnavailable if there is no room for it */
    admit(intake: Intake) {
      if (hasGrown || troubles.worst()) measure()
      else troubles.set('lost', lost())
      hasGrown = false
      const [reason] = closedBy[intake].flatMap((kind) => troubles.reason(kind) ?? [])
      if (reason !== undefined) throw new StorageUnavailable(reason)
    },
    /**
     * Leaves room for other venues while Kafka is down.
     * @param venue TRIFFT's id of the venue that sends one more ticket
     * @returns why the ticket is refused; undefined if it is not
     */
    *ticketShareTaken(venue: string): Work<string | undefined> {
      const roomBytes = maxBytes * ticketShare
      // Measured when the ticket was admitted.
      if (bytesInUse < roomBytes * crowdedShare) return undefined
      const bytes = yield* readTicketBytesOf(venue)
      if (bytes < roomBytes * Math.max(venueShare, 1 / (yield* countVenues()))) return undefined
      return `the venue has used its share of the room for tickets: ${toMiB(bytes)} of ${toMiB(roomBytes)} MiB`
    },
    /**
     * @param venue TRIFFT's id of the venue whose message would be one more dead letter
     * @returns why the message is refused; undefined if it is not
     */
    *deadLetterShareTaken(venue: string): Work<string | undefined> {
      const roomBytes = maxBytes * deadLetterShare
      if ((yield* readDeadLetterTotals()).bytes < roomBytes * crowdedShare) return undefined
      const bytes = yield* readDeadLetterBytesOf(venue)
      if (bytes < roomBytes * venueShare) return undefined
      return `the venue has used its share of the room for dead letters: ${toMiB(bytes)} of ${toMiB(roomBytes)} MiB`
    },
  }
}

function* readTicketBytesOf(venue: string): Work<number> {
  const row = yield* get('SELECT bytes FROM ticket_venues WHERE venue = :venue', { venue })
  return Number(row?.bytes ?? 0)
}

/** At least 1; a venue that is alone has all the room. */
function* countVenues(): Work<number> {
  const row = yield* get('SELECT count(DISTINCT core_id) AS venues FROM venues')
  return Math.max(1, Number(row?.venues))
}

function toMiB(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(1)
}
