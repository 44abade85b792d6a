import type { DeadLetter, OpenedDeadLetter, StoredTicket } from './stored-tickets.ts'
import type { UnreadMessage } from '../model/words.ts'
import { StorageUnavailable } from '../model/refusal.ts'
import { createHash } from 'node:crypto'
import type { DeadLetterFilter } from './look-ups.ts'
import { narrow } from './narrow.ts'
import { toValues, whereAfter } from './paging.ts'
import type { Seal } from './seal.ts'
import { all, get, run, type Row, type Work } from './work.ts'

export type DeadLetters = ReturnType<typeof createDeadLetters>

const columns = 'id, kind, venue_id, reason, created_at'

/** Tickets that could not be read, or that Kafka has refused for good. */
export function createDeadLetters(seal: Seal) {
  return {
    *isKept(message: UnreadMessage): Work<boolean> {
      const id = messageId(message)
      return (yield* get('SELECT 1 FROM dead_letters WHERE id = :id', { id })) !== undefined
    },

    /** Stored once for each content: a repeat of the same message adds nothing. */
    keepMessage({ reason, ...message }: UnreadMessage & { reason: string }, nowMs: number): Work<void> {
      const { id: venueId, coreId } = message.venue
      const id = messageId(message)
      return insert({ id, kind: 'message', venueId, reason, keptAtMs: nowMs }, message, coreId)
    },

    keepTicket(ticket: StoredTicket, reason: string, nowMs: number): Work<void> {
      const { eventId: id, closed } = ticket
      return insert({ id, kind: 'ticket', venueId: closed.venueId, reason, keptAtMs: nowMs }, ticket, null)
    },

    *list(): Work<DeadLetter[]> {
      return (yield* all(`SELECT ${columns} FROM dead_letters ORDER BY created_at DESC`)).map(readDeadLetter)
    },

    *listSome({ venueId, after, limit }: DeadLetterFilter): Work<DeadLetter[]> {
      const { where, values } = narrow(
        { venueId: 'venue_id = :venueId', afterMs: whereAfter('created_at') },
        { venueId, ...toValues(after) },
      )
      const sql = `SELECT ${columns} FROM dead_letters WHERE ${where} ORDER BY created_at DESC, id DESC LIMIT :limit`
      return (yield* all(sql, { ...values, limit })).map(readDeadLetter)
    },

    *find(id: string): Work<DeadLetter | undefined> {
      const row = yield* get(`SELECT ${columns} FROM dead_letters WHERE id = :id`, { id })
      return row && readDeadLetter(row)
    },

    *open(id: string): Work<OpenedDeadLetter | undefined> {
      const row = yield* get('SELECT * FROM dead_letters WHERE id = :id', { id })
      if (!row) return undefined
      const deadLetter = readDeadLetter(row)
      const sealed = { box: row.sealed as Uint8Array, keyId: String(row.seal_key) }
      const content = seal.open(`dead_letters/${id}`, sealed)
      if (content === undefined) throw new StorageUnavailable(`the seal of dead letter ${id} is broken`)
      return deadLetter.kind === 'message'
        ? { ...deadLetter, kind: 'message', message: toMessage(content as UnreadMessage | MessageAsText) }
        : { ...deadLetter, kind: 'ticket', ticket: content as StoredTicket }
    },

    /** @returns false if it was not there any more */
    *drop(id: string): Work<boolean> {
      return (yield* run('DELETE FROM dead_letters WHERE id = :id', { id })) > 0
    },
  }

  /** @param venue TRIFFT's id of the venue on whose share it counts; null if it counts on none */
  function* insert(
    { keptAtMs, ...deadLetter }: DeadLetter,
    content: StoredTicket | UnreadMessage,
    venue: string | null,
  ): Work<void> {
    const { box, keyId } = seal.close(`dead_letters/${deadLetter.id}`, content)
    yield* run(
      `INSERT INTO dead_letters VALUES (:id, :kind, :venueId, :reason, :box, :keyId, :keptAtMs, :venue)
       ON CONFLICT (id) DO NOTHING`,
      { ...deadLetter, box, keyId, keptAtMs, venue },
    )
  }
}

/** How earlier versions sealed messages: as text, already decoded. */
type MessageAsText = Omit<UnreadMessage, 'base64'> & { text: string }

function toMessage(content: UnreadMessage | MessageAsText): UnreadMessage {
  if (!('text' in content)) return content
  const { text, contentType, ...message } = content
  const [mediaType = ''] = contentType.split(';')
  return { ...message, contentType: mediaType, base64: Buffer.from(text).toString('base64') }
}

function messageId({ venue, base64, cut }: UnreadMessage): string {
  return createHash('sha256')
    .update(JSON.stringify([venue.coreId, cut?.sha256 ?? base64]))
    .digest('hex')
}

/** @returns how many there are, and the bytes of their sealed contents */
export function* readDeadLetterTotals(): Work<{ count: number; bytes: number }> {
  const row = yield* get('SELECT letters, bytes FROM dead_letter_totals')
  return { count: Number(row?.letters), bytes: Number(row?.bytes) }
}

function readDeadLetter(row: Row): DeadLetter {
  return {
    id: String(row.id),
    kind: row.kind === 'message' ? 'message' : 'ticket',
    venueId: String(row.venue_id),
    reason: String(row.reason),
    keptAtMs: Number(row.created_at),
  }
}

/** @returns the bytes of a venue's messages among the dead letters; `venue` is TRIFFT's id */
export function* readDeadLetterBytesOf(venue: string): Work<number> {
  const row = yield* get('SELECT bytes FROM dead_letter_venues WHERE venue = :venue', { venue })
  return Number(row?.bytes ?? 0)
}
