import { createHmac, createSecretKey, hash } from 'node:crypto'
import { parse as parseUuid, v5 as uuidV5 } from 'uuid'
import type { Caller, Credentials, Ticket, What } from './words.ts'

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
    what.kind === 'coupon' ? what.rewardId : what.points,
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

/** A bill that was reopened and closed again is one more event. */
export function reopenedEventId(eventId: string, fingerprint: string): string {
  return uuidV5(JSON.stringify([eventId, fingerprint]), namespace)
}

/**
 * The same for a repeat of a ticket, another for a bill that was reopened. When and under which call reference it was
 * sent says nothing about the bill. The order of fields counts: it is the one in which a ticket is read, whatever the
 * till's, and must stay as it is, or a repeat after an upgrade would be one more bill.
 */
export function ticketFingerprint(ticket: Ticket): string {
  const {
    dateTime: _sentAt,
    transactionId: _callReference,
    closedAtLatestMs: _secondReading,
    ...bill
  } = ticket
  return hash('sha256', JSON.stringify(bill), 'base64url')
}

/** Both names of the key come from its SHA-256: the core can match it, nobody can undo it. */
export function toCredentials(venueId: string, apiKey: string): Credentials {
  const keyHash = hash('sha256', apiKey)
  return { venueId, apiKey, keyHash, tenant: keyHash.slice(0, 16) }
}

/** @returns a function from a card number or key to its HMAC-SHA-256 (hex), which stands for it outside */
export function createKeyedHash(secret: string): (text: string) => string {
  const key = createSecretKey(secret, 'utf8')
  return (text) => createHmac('sha256', key).update(text).digest('hex')
}
