import type { Intake, Limits } from '../access.ts'
import { readDeadLetterBytesOf, readDeadLetterTotals } from '../dead-letters.ts'
import { createRoom } from '../room.ts'
import type { Troubles } from '../troubles.ts'
import { get, type Work } from '../work.ts'
import { walKeptBytes, type Database } from './database.ts'
import type { FileWatch } from './file-watch.ts'

/** The log starts over at 4 MB. It only grows beyond that while a reader keeps a transaction open. */
const maxWalBytes = 4 * walKeptBytes

/** Limits the pages in use to `maxBytes`. What is under way is settled even beyond it: the volume must have room. */
export function createLimits(db: Database, maxBytes: number, troubles: Troubles, lost: FileWatch['lost']) {
  const room = createRoom(maxBytes, troubles)
  let bytesInUse = 0
  let hasGrown = true

  /** Takes some microseconds. */
  function measure() {
    troubles.set('lost', lost())
    const { bytes, walBytes } = db.sizes()
    bytesInUse = bytes
    room.measured({ bytes, deadLetterBytes: db.do(readDeadLetterTotals()).bytes })
    const what = "the journal's log cannot be cut while it is being read"
    room.checkLimit('log_too_long', what, walBytes, maxWalBytes)
  }

  const shares: Limits = {
    // Measured when the ticket was admitted.
    *ticketShareTaken(venue) {
      if (!room.isCrowded(bytesInUse)) return undefined
      return room.ticketRefusal(yield* readTicketBytesOf(venue), yield* countVenues())
    },
    *deadLetterShareTaken(venue) {
      const { bytes: allBytes } = yield* readDeadLetterTotals()
      return room.deadLetterRefusal(allBytes, yield* readDeadLetterBytesOf(venue))
    },
  }

  return {
    ...shares,
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
      room.admit(intake)
    },
  }
}

function* readTicketBytesOf(venue: string): Work<number> {
  const row = yield* get('SELECT bytes FROM ticket_venues WHERE venue = :venue', { venue })
  return Number(row?.bytes ?? 0)
}

function* countVenues(): Work<number> {
  const row = yield* get('SELECT count(DISTINCT core_id) AS venues FROM venues')
  return Number(row?.venues)
}
