import { createHmac, createSecretKey, hash } from 'node:crypto'
import { parse as parseUuid, v5 as uuidV5 } from 'uuid'
import { shownId, type Caller, type Credentials, type Ticket, type What } from './words.ts'

/**
 * The keys and ids under which debits, credits and tickets are stored. All are pure functions of the message, so a
 * repeat finds the original, even after a restart. They name the venue by TRIFFT's id: two projects may use the same
 * Aztec venue ID, and a renewed API key does not change TRIFFT's.
 */
const namespace = parseUuid('5d3c1c0e-6f0a-5b7e-9c55-3f0f5f7b2a11')

export function debitKey(
  caller: Pick<Caller, 'venue'>,
  request: { transactionId?: string; accountNumber: string; what: What },
): string {
  const { transactionId, accountNumber, what } = request
  if (transactionId) return transactionKey(caller, transactionId)
  return JSON.stringify([
    caller.venue.coreId,
    'bill',
    accountNumber,
    what.kind === 'coupon' ? shownId(what) : what.points,
  ])
}

export function transactionKey(caller: Pick<Caller, 'venue'>, transactionId: string): string {
  return JSON.stringify([caller.venue.coreId, 'transaction', transactionId])
}

/** The transaction id of the credit itself, kept apart from those of debits. */
export function creditKey(caller: Pick<Caller, 'venue'>, transactionId: string): string {
  return JSON.stringify([caller.venue.coreId, 'credit', transactionId])
}

/** The reference under which the core knows a debit. */
export function redemptionId(key: string, attempt: number): string {
  return uuidOf([key, attempt])
}

/** From bytes, since uuid is slow to convert a text. */
function uuidOf(parts: (string | number)[]): string {
  return uuidV5(Buffer.from(JSON.stringify(parts)), namespace)
}

export function ticketEventId(
  caller: Pick<Caller, 'venue'>,
  ticket: Pick<Ticket, 'ticketId' | 'kind' | 'businessDate'>,
): string {
  const { ticketId, kind, businessDate } = ticket
  return uuidOf([caller.venue.coreId, 'ticket', ticketId, kind, businessDate])
}

/** The same for a bill's sale, void and refund, so that what was redeemed with it goes out with no other bill. */
export function ticketKey(
  caller: Pick<Caller, 'venue'>,
  { ticketId, businessDate }: Pick<Ticket, 'ticketId' | 'businessDate'>,
): string {
  return JSON.stringify([caller.venue.coreId, 'ticket', ticketId, businessDate])
}

/** The event id of a bill that was reopened and closed again: that is one more event. */
export function reopenedEventId(eventId: string, fingerprint: string): string {
  return uuidOf([eventId, fingerprint])
}

/**
 * The same for a repeat of a ticket, different for a bill that was reopened. Who sent it, when, and under which call
 * reference is not part of it, so a repeat from another terminal is still a repeat. Only a refund's call reference
 * counts: two refunds of a bill may be equal otherwise (assumed).
 *
 * The order of fields is the one in which a ticket is parsed, whatever order the till used. It must not change, or a
 * repeat after an upgrade would count as another bill.
 */
export function ticketFingerprint(ticket: Ticket): string {
  const { dateTime: _at, terminalId: _terminal, staffId: _staff, salesAreaId: _area, ...rest } = ticket
  const { transactionId, closedAtLatestMs: _latest, ...bill } = rest
  const reference = ticket.kind === 'refund' ? transactionId : undefined
  return hash('sha256', JSON.stringify(['2', bill, reference]), 'base64url')
}

/** The fingerprint of earlier versions: tickets stored under it may be repeated for 35 days after an upgrade. */
export function formerTicketFingerprint(ticket: Ticket): string {
  const { dateTime: _sentAt, transactionId: _callReference, closedAtLatestMs: _latest, ...bill } = ticket
  return hash('sha256', JSON.stringify(bill), 'base64url')
}

/** `keyHash` and `tenant` are from the key's SHA-256: TRIFFT can match them, but nobody gets the key back from them. */
export function toCredentials(venueId: string, apiKey: string): Credentials {
  const keyHash = hash('sha256', apiKey)
  return { venueId, apiKey, keyHash, tenant: keyHash.slice(0, tenantDigits) }
}

const tenantDigits = 16

/** Identifies an API key, and so a project, without revealing the key. */
export function tenantOf(apiKey: string): string {
  return hash('sha256', apiKey).slice(0, tenantDigits)
}

/** @returns a function from a card number or API key to its HMAC-SHA-256 in hex */
export function createKeyedHash(secret: string): (text: string) => string {
  const key = createSecretKey(secret, 'utf8')
  return (text) => createHmac('sha256', key).update(text).digest('hex')
}
