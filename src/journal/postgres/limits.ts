import type { Intake, Limits } from '../access.ts'
import { readDeadLetterBytesOf, readDeadLetterTotals } from '../dead-letters.ts'
import { createRoom } from '../room.ts'
import type { Troubles } from '../troubles.ts'
import { all, get, type Work } from '../work.ts'

/** Sums take longer the more tickets wait, so they are not made for each ticket. */
const measureEveryMs = 1_000

/** Limits the bytes of what is sealed and still needed, since tables do not shrink when rows are deleted. */
export function createLimits(maxBytes: number, troubles: Troubles) {
  const room = createRoom(maxBytes, troubles)
  let measuredAtMs = -Infinity
  let bytesInUse = 0
  let venues = 0
  let bytesOfVenue = new Map<string, number>()

  const shares: Limits = {
    *ticketShareTaken(venue) {
      if (!room.isCrowded(bytesInUse)) return undefined
      return room.ticketRefusal(bytesOfVenue.get(venue) ?? 0, venues)
    },
    *deadLetterShareTaken(venue) {
      const { bytes: allBytes } = yield* readDeadLetterTotals()
      return room.deadLetterRefusal(allBytes, yield* readDeadLetterBytesOf(venue))
    },
  }

  return {
    ...shares,
    bytes: () => bytesInUse,
    isOld: () => performance.now() - measuredAtMs >= measureEveryMs,
    *measure(): Work<void> {
      const { bytes: deadLetterBytes } = yield* readDeadLetterTotals()
      bytesInUse = deadLetterBytes + (yield* sumSealed('redemptions')) + (yield* sumSealed('tickets'))
      room.measured({ bytes: bytesInUse, deadLetterBytes })
      if (room.isCrowded(bytesInUse)) {
        const rows = yield* all('SELECT venue, bytes FROM ticket_venues')
        bytesOfVenue = new Map(rows.map((row) => [String(row.venue), Number(row.bytes)]))
        venues = Number((yield* get('SELECT count(DISTINCT core_id) AS venues FROM venues'))?.venues)
      }
      measuredAtMs = performance.now()
    },
    /** @throws StorageUnavailable if there is no room for it */
    admit: (intake: Intake) => room.admit(intake),
  }
}

const openRows = {
  redemptions: "due_at IS NOT NULL OR state = 'stuck'",
  tickets: 'published_at IS NULL',
}

function* sumSealed(table: keyof typeof openRows): Work<number> {
  const row = yield* get(
    `SELECT coalesce(sum(octet_length(sealed)), 0) AS bytes FROM ${table} WHERE ${openRows[table]}`,
  )
  return Number(row?.bytes)
}
