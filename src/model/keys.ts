import { createHmac, createSecretKey, hash } from 'node:crypto'
import { parse as parseUuid, v5 as uuidV5 } from 'uuid'
import { shownId, type Caller, type Credentials, type Ticket, type What } from './words.ts'

/**
 * The names under which things are remembered. All are pure functions of what the till said, so that a repeat finds
 * what it repeats, also after a restart. A venue is named by TRIFFT's id of it: two projects may use the same Aztec
 * venue ID, and a renewed API key does not change it.
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

/** A credit's own transaction id is remembered apart from debits'. */
export function creditKey(caller: Pick<Caller, 'venue'>, transactionId: string): string {
  return JSON.stringify([caller.venue.coreId, 'credit', transactionId])
}

/** The reference under which the core knows a debit. */
export function redemptionId(key: string, attempt: number): string {
  return uuidV5(JSON.stringify([key, attempt]), namespace)
}

export function ticketEventId(
  caller: Pick<Caller, 'venue'>,
  ticket: Pick<Ticket, 'ticketId' | 'kind' | 'businessDate'>,
): string {
  const { ticketId, kind, businessDate } = ticket
  return uuidV5(JSON.stringify([caller.venue.coreId, 'ticket', ticketId, kind, businessDate]), namespace)
}

/** Names a closed bill whatever becomes of it: what is redeemed with it goes out with no other. */
export function ticketKey(
  caller: Pick<Caller, 'venue'>,
  { ticketId, businessDate }: Pick<Ticket, 'ticketId' | 'businessDate'>,
): string {
  return JSON.stringify([caller.venue.coreId, 'ticket', ticketId, businessDate])
}

/** A bill that was reopened and closed again is one more event. */
export function reopenedEventId(eventId: string, fingerprint: string): string {
  return uuidV5(JSON.stringify([eventId, fingerprint]), namespace)
}

/**
 * The same for a repeat of a ticket, another for a bill that was reopened. Who sent it, when, and under which call
 * reference says nothing about the bill, so a repeat by another terminal is a repeat. Only a refund's call reference
 * counts: two refunds of a bill may well be equal (assumed).
 *
 * The order of fields counts: it is the one in which a ticket is read, whatever the till's, and must stay as it is, or
 * a repeat after an upgrade would be one more bill.
 */
export function ticketFingerprint(ticket: Ticket): string {
  const { dateTime: _at, terminalId: _terminal, staffId: _staff, salesAreaId: _area, ...rest } = ticket
  const { transactionId, closedAtLatestMs: _latest, ...bill } = rest
  const reference = ticket.kind === 'refund' ? transactionId : undefined
  return hash('sha256', JSON.stringify(['2', bill, reference]), 'base64url')
}

/** The rule before that, for 35 days after an upgrade: journals remember tickets by it that may come again. */
export function formerTicketFingerprint(ticket: Ticket): string {
  const { dateTime: _sentAt, transactionId: _callReference, closedAtLatestMs: _latest, ...bill } = ticket
  return hash('sha256', JSON.stringify(bill), 'base64url')
}

/** Both names of the key come from its SHA-256: the core can match it, nobody can undo it. */
export function toCredentials(venueId: string, apiKey: string): Credentials {
  return { venueId, apiKey, keyHash: hash('sha256', apiKey), tenant: tenantOf(apiKey) }
}

/** Names an API key, and so a project, also where the key itself must not be. */
export function tenantOf(apiKey: string): string {
  return hash('sha256', apiKey).slice(0, 16)
}

/** @returns a function from a card number or key to its HMAC-SHA-256 (hex), which stands for it outside */
export function createKeyedHash(secret: string): (text: string) => string {
  const key = createSecretKey(secret, 'utf8')
  return (text) => createHmac('sha256', key).update(text).digest('hex')
}
