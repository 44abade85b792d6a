import type { Exchange } from '../exchange.ts'
import type { Venue } from '../model/words.ts'
import { harmless } from '../observability/line-guard.ts'
import { storedId, type DiaryEntry } from './entry.ts'

/** A ticket that Kafka has, and where. */
export type Published = {
  eventId: string
  topic: string
  partition: number
  offset: string
}

/** A try of the service to give something back by itself; `redemption` as the journal has it. */
export type Undone = {
  redemption: {
    id: string
    venue: string
    venueId: string
    tenant: string | undefined
    account: string | undefined
    cardHash: string
    cardMasked: string
  }
  outcome: string
  state: string | undefined
  coreCalls: Exchange['facts']['coreCalls']
}

const empty = {
  venueId: '',
  venue: undefined,
  tenant: undefined,
  account: undefined,
  cardHash: undefined,
  cardMasked: undefined,
  ticketId: undefined,
  transactionId: undefined,
  requestId: undefined,
  redemptionId: undefined,
  eventId: undefined,
}

/** @param line as it is logged, already harmless. @returns the row of the message */
export function ofRequest(
  { arrivedAtMs, secrets }: Exchange,
  line: Record<string, unknown>,
  { venue, replica, hashCard }: { venue: Venue; replica: string; hashCard: (cardNumber: string) => string },
): DiaryEntry {
  const { message, code, venue: venueId, tenant, account, card, ...rest } = line
  const { ticketId, transactionId, requestId, redemptionId, eventId, ...facts } = rest
  const text = (value: unknown) => (typeof value === 'string' ? value : undefined)
  return {
    atMs: arrivedAtMs,
    message: String(message),
    code: String(code),
    venueId: text(venueId) ?? '',
    venue: venue.coreId,
    tenant: text(tenant),
    account: storedId(text(account)),
    cardHash: secrets.cardNumber === undefined ? undefined : hashCard(secrets.cardNumber),
    cardMasked: text(card),
    ticketId: storedId(text(ticketId)),
    transactionId: storedId(text(transactionId)),
    requestId: text(requestId),
    redemptionId: text(redemptionId),
    eventId: text(eventId),
    replica,
    facts,
  }
}

type Here = { atMs: number; replica: string }

/** @returns the row of a try to give something back */
export function ofUndo({ redemption, outcome, state, coreCalls }: Undone, here: Here): DiaryEntry {
  const { id, venue, venueId, tenant, account, cardHash, cardMasked } = redemption
  return {
    ...{ ...empty, ...here, message: 'undo', code: outcome, venue, venueId, tenant },
    ...{ account: storedId(account), cardHash, cardMasked, redemptionId: id },
    facts: harmless({ state, coreCalls }),
  }
}

/** @returns the row of a ticket that Kafka has */
export function ofPublished({ eventId, ...facts }: Published, here: Here): DiaryEntry {
  return { ...empty, ...here, message: 'published', code: 'OK', eventId, facts }
}
