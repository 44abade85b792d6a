import type {
  ClosedTicket,
  StoredTicket,
  TicketAccepted,
  TicketIntake,
  WaitingTicket,
} from './stored-tickets.ts'
import { reopenedEventId } from '../model/keys.ts'
import type { DeadLetters } from './dead-letters.ts'
import type { Seal } from './seal.ts'
import { all, get, run, type Row, type Work } from './work.ts'

/** Tickets on their way to Kafka. */
export function createOutbox(seal: Seal, deadLetters: DeadLetters) {
  return { newEventId, isTaken, add, waiting, setAside, markPublished, moveToDeadLetters, requeue }

  /**
   * A bill that was reopened and closed again comes with the same event id, and gets another.
   * @returns the event id under which to store it; of a repeat the one under which it is stored, also by an earlier version
   */
  function* newEventId(ticket: TicketIntake): Work<TicketAccepted> {
    const { fingerprint, formerFingerprint } = ticket
    const eventId = yield* firstEventId(ticket)
    const first = yield* get('SELECT fingerprint FROM tickets WHERE event_id = :eventId', { eventId })
    if (!first) return { eventId, isDuplicate: false }
    for (const each of [fingerprint, formerFingerprint()]) {
      if (each === first.fingerprint) return { eventId, isDuplicate: true }
      const reopenedId = reopenedEventId(eventId, each)
      if (yield* isStored(reopenedId)) return { eventId: reopenedId, isDuplicate: true }
    }
    return { eventId: reopenedEventId(eventId, fingerprint), isDuplicate: false }
  }

  /** @returns the event id under which an earlier version stored it, if one did */
  function* firstEventId({ eventId, formerEventId }: TicketIntake): Work<string> {
    return formerEventId !== undefined && (yield* isStored(formerEventId)) ? formerEventId : eventId
  }

  function* isStored(eventId: string): Work<boolean> {
    return (yield* get('SELECT 1 FROM tickets WHERE event_id = :eventId', { eventId })) !== undefined
  }

  /** Whether a ticket was stored at this time. */
  function* isTaken(eventId: string, takenAtMs: number): Work<boolean> {
    const sql = 'SELECT 1 FROM tickets WHERE event_id = :eventId AND taken_at = :takenAtMs'
    return (yield* get(sql, { eventId, takenAtMs })) !== undefined
  }

  /**
   * @returns those before the first whose key is missing; `broken`: the event ids of tickets whose seal does not open, to
   *   be set aside
   * @throws JournalKeyMissing if there is none before it
   */
  function* waiting(limit: number): Work<{ tickets: WaitingTicket[]; broken: string[] }> {
    const tickets: WaitingTicket[] = []
    const broken: string[] = []
    const sql = 'SELECT * FROM tickets WHERE published_at IS NULL ORDER BY sequence LIMIT :limit'
    for (const row of yield* all(sql, { limit })) {
      const eventId = String(row.event_id)
      if (!hasKeyOf(row) && tickets.length + broken.length > 0) break
      const closed = open(row)
      if (closed)
        tickets.push({ eventId, kafkaKey: String(row.kafka_key), takenAtMs: Number(row.taken_at), closed })
      else broken.push(eventId)
    }
    return { tickets, broken }
  }

  /** They no longer wait for Kafka, but keep their sealed contents for somebody to look at. */
  function* setAside(eventIds: string[], nowMs: number): Work<void> {
    for (const eventId of eventIds)
      yield* run('UPDATE tickets SET published_at = :nowMs WHERE event_id = :eventId', { eventId, nowMs })
  }

  /** Erases the bill, which is in Kafka now; the rest of the row recognises a repeat. */
  function* markPublished(eventIds: string[], nowMs: number): Work<void> {
    for (const eventId of eventIds)
      yield* run(
        `UPDATE tickets SET published_at = :nowMs, sealed = NULL, seal_key = NULL, kafka_key = NULL
         WHERE event_id = :eventId`,
        { eventId, nowMs },
      )
  }

  function* moveToDeadLetters(eventId: string, reason: string, nowMs: number): Work<void> {
    const row = yield* get('SELECT * FROM tickets WHERE event_id = :eventId AND sealed IS NOT NULL', {
      eventId,
    })
    if (!row) return
    const { fingerprint, kafka_key: kafkaKey } = row
    const closed = open(row)
    if (!closed) return yield* setAside([eventId], nowMs)
    const venue = typeof row.venue === 'string' ? { venue: row.venue } : {}
    const ticket = { eventId, fingerprint: String(fingerprint), kafkaKey: String(kafkaKey), closed, ...venue }
    yield* deadLetters.keepTicket(ticket, reason, nowMs)
    yield* markPublished([eventId], nowMs)
  }

  /** It waits behind all others, like a new ticket. @returns false if it was not there any more */
  function* requeue(id: string, nowMs: number): Work<boolean> {
    const deadLetter = yield* deadLetters.open(id)
    // Deleted first: of two who do it at once the second waits here, and finds nothing.
    if (deadLetter?.kind !== 'ticket' || !(yield* deadLetters.drop(id))) return false
    yield* run('DELETE FROM tickets WHERE event_id = :id', { id })
    yield* add(deadLetter.ticket, nowMs)
    return true
  }

  function* add({ eventId, fingerprint, kafkaKey, closed, venue }: StoredTicket, nowMs: number): Work<void> {
    const { box, keyId } = seal.close(`tickets/${eventId}`, closed)
    yield* run(
      `INSERT INTO tickets (event_id, fingerprint, kafka_key, sealed, seal_key, taken_at, venue)
       VALUES (:eventId, :fingerprint, :kafkaKey, :box, :keyId, :nowMs, :venue)`,
      { eventId, fingerprint, kafkaKey, box, keyId, nowMs, venue: venue ?? null },
    )
  }

  function hasKeyOf(row: Row): boolean {
    return seal.keyIds.includes(String(row.seal_key))
  }

  function open(row: Row): ClosedTicket | undefined {
    const sealed = { box: row.sealed as Uint8Array, keyId: String(row.seal_key) }
    return seal.open(`tickets/${String(row.event_id)}`, sealed) as ClosedTicket | undefined
  }
}
