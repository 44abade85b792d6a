import { createHash } from 'node:crypto'
import { reopenedEventId } from '../loyalty/keys.ts'
import type { Database } from './database.ts'
import type { ClosedTicket, TicketIntake, UnreadMessage, WaitingTicket } from './journal.ts'
import type { Seal } from './seal.ts'

/** Tickets on their way to Kafka, and those that cannot go. Each function runs inside a transaction of the writer's. */
export function createOutbox(db: Database, seal: Seal) {
  return { take, waiting, markPublished, bury, keepDeadLetter }

  function take(
    { eventId, fingerprint, kafkaKey, closed }: TicketIntake,
    nowMs: number,
  ): { isDuplicate: boolean } {
    const known = db.get('SELECT fingerprint FROM tickets WHERE event_id = :eventId', { eventId })
    if (known?.fingerprint === fingerprint) return { isDuplicate: true }
    const ownId = known ? reopenedEventId(eventId, fingerprint) : eventId
    if (known && db.get('SELECT 1 FROM tickets WHERE event_id = :ownId', { ownId }))
      return { isDuplicate: true }

    const { box, keyId } = seal.close(`tickets/${ownId}`, closed)
    db.run(
      `INSERT INTO tickets (event_id, fingerprint, kafka_key, sealed, seal_key, taken_at)
       VALUES (:ownId, :fingerprint, :kafkaKey, :box, :keyId, :nowMs)`,
      { ownId, fingerprint, kafkaKey, box, keyId, nowMs },
    )
    return { isDuplicate: false }
  }

  function waiting(limit: number): WaitingTicket[] {
    return db
      .all('SELECT * FROM tickets WHERE published_at IS NULL ORDER BY sequence LIMIT :limit', { limit })
      .map((row) => {
        const eventId = String(row.event_id)
        const sealed = { box: row.sealed as Uint8Array, keyId: String(row.seal_key) }
        const closed = seal.open(`tickets/${eventId}`, sealed) as ClosedTicket
        return { eventId, kafkaKey: String(row.kafka_key), takenAtMs: Number(row.taken_at), closed }
      })
  }

  /** What remains recognises a repeat; the bill itself is Kafka's now. */
  function markPublished(eventIds: string[], nowMs: number) {
    for (const eventId of eventIds)
      db.run(
        `UPDATE tickets SET published_at = :nowMs, sealed = NULL, seal_key = NULL, kafka_key = NULL
         WHERE event_id = :eventId`,
        { eventId, nowMs },
      )
  }

  function bury(eventId: string, reason: string, nowMs: number) {
    const [row] = db.all(
      'SELECT sealed, seal_key FROM tickets WHERE event_id = :eventId AND sealed IS NOT NULL',
      { eventId },
    )
    if (!row) return
    const sealed = { box: row.sealed as Uint8Array, keyId: String(row.seal_key) }
    const closed = seal.open(`tickets/${eventId}`, sealed) as ClosedTicket
    insertDeadLetter({ id: eventId, kind: 'ticket', venueId: closed.venueId, reason }, closed, nowMs)
    markPublished([eventId], nowMs)
  }

  function keepDeadLetter({ reason, ...message }: UnreadMessage & { reason: string }, nowMs: number) {
    const id = createHash('sha256')
      .update(JSON.stringify([message.venue.coreId, message.text]))
      .digest('hex')
    insertDeadLetter({ id, kind: 'message', venueId: message.venue.id, reason }, message, nowMs)
  }

  function insertDeadLetter(
    letter: { id: string; kind: 'message' | 'ticket'; venueId: string; reason: string },
    content: ClosedTicket | UnreadMessage,
    nowMs: number,
  ) {
    const { box, keyId } = seal.close(`dead_letters/${letter.id}`, content)
    db.run(
      `INSERT INTO dead_letters VALUES (:id, :kind, :venueId, :reason, :box, :keyId, :nowMs) ON CONFLICT (id) DO NOTHING`,
      { ...letter, box, keyId, nowMs },
    )
  }
}
