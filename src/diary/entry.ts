import { hash } from 'node:crypto'
import type { CoreCallFact } from '../exchange.ts'
import type { Value } from '../journal/work.ts'
import { printable } from '../observability/printable.ts'

/**
 * One line of the diary: what a till said and heard, a try to give something back (`undo`), or a ticket that Kafka has
 * (`published`). It has no card number, no key and no name. Times are epoch ms.
 */
export type DiaryEntry = {
  atMs: number
  /** balance, debit, credit, ticket or none, as in the log line; `undo`; `published`. */
  message: string
  /** What the till heard; of an undo its outcome. */
  code: string
  /** The Aztec venue ID; empty in a row of what Kafka has. */
  venueId: string
  /** TRIFFT's id of the venue, and what identifies the API key: two projects may use one Aztec ID. */
  venue: string | undefined
  tenant: string | undefined
  account: string | undefined
  cardHash: string | undefined
  cardMasked: string | undefined
  ticketId: string | undefined
  transactionId: string | undefined
  requestId: string | undefined
  redemptionId: string | undefined
  /** Of a ticket: its id in Kafka. */
  eventId: string | undefined
  /** The name of the pod or machine that wrote it. */
  replica: string
  facts: EntryFacts
}

/** What is not searched for: the rest of the log line, under its names. */
export type EntryFacts = {
  durationMs?: number
  status?: number
  /** If the till hung up: what it would have heard. */
  unheardCode?: string
  field?: string
  reason?: string
  rewardId?: string
  points?: number
  isReplayed?: boolean
  isKept?: boolean
  coreCalls?: CoreCallFact[]
  /** Of an undo: the state of the redemption after it. */
  state?: string
  /** Of what Kafka has. */
  topic?: string
  partition?: number
  offset?: string
  [more: string]: unknown
}

type Column = { name: string; field: Exclude<keyof DiaryEntry, 'facts'>; isNumber?: true }

/** In the order in which they are written; `facts` is the last, as JSON. */
const columns: Column[] = [
  { name: 'at', field: 'atMs', isNumber: true },
  { name: 'message', field: 'message' },
  { name: 'code', field: 'code' },
  { name: 'venue_id', field: 'venueId' },
  { name: 'venue', field: 'venue' },
  { name: 'tenant', field: 'tenant' },
  { name: 'account', field: 'account' },
  { name: 'card_hash', field: 'cardHash' },
  { name: 'card_masked', field: 'cardMasked' },
  { name: 'ticket_id', field: 'ticketId' },
  { name: 'transaction_id', field: 'transactionId' },
  { name: 'request_id', field: 'requestId' },
  { name: 'redemption_id', field: 'redemptionId' },
  { name: 'event_id', field: 'eventId' },
  { name: 'replica', field: 'replica' },
]

export const columnNames = [...columns.map(({ name }) => name), 'facts']

/** @returns the values of a row, in the order of `columnNames` */
export function toValues(entry: DiaryEntry): Value[] {
  return [...columns.map(({ field }) => entry[field] ?? null), JSON.stringify(entry.facts)]
}

export function readEntry(row: Record<string, Value>): DiaryEntry {
  const fields = columns.map(({ name, field, isNumber }) => {
    const value = row[name] ?? undefined
    return [field, isNumber ? Number(value) : value]
  })
  return { ...Object.fromEntries(fields), facts: JSON.parse(String(row.facts)) } as DiaryEntry
}

/** The longest id that is searched for as it is. */
const maxIdLength = 128

/**
 * @returns an id as it is stored and searched for: as the log line has it, and one that is too long for an index is replaced
 * by its hash
 */
export function storedId(id: string | undefined): string | undefined {
  if (id === undefined) return undefined
  const shown = printable(id)
  if (shown.length <= maxIdLength) return shown
  return `${shown.slice(0, 40)}…${hash('sha256', shown).slice(0, 24)}`
}

/**
 * Of both databases. What is looked for is always followed by the time, so that the newest rows of it are found without
 * the others.
 */
export const indexes: [name: string, on: string][] = [
  ['by_bill', 'account, venue_id, at'],
  ['by_card', 'card_hash, at'],
  ['by_request', 'request_id'],
  ['by_transaction', 'transaction_id, at'],
  ['by_redemption', 'redemption_id, at'],
  ['by_ticket', 'ticket_id, at'],
  ['by_event', 'event_id, at'],
  ['by_message', 'message, at, venue_id'],
]

/** @returns SQL that makes an index, without the rows whose first column is NULL */
export function createIndex(table: string, name: string, [suffix, on]: [string, string]): string {
  const [first = ''] = on.split(', ')
  const where = first === 'message' ? '' : ` WHERE ${first} IS NOT NULL`
  return `CREATE INDEX ${name}_${suffix} ON ${table} (${on})${where};`
}

/**
 * For both databases. Rows stay, but no longer say whose they are. Stand-ins of ids (`id-…`) go too, since they are made from
 * ids that contained the card number.
 */
export const eraseSql = `UPDATE entries SET card_hash = NULL, card_masked = NULL,
  account = CASE WHEN account LIKE 'id-%' THEN NULL ELSE account END,
  ticket_id = CASE WHEN ticket_id LIKE 'id-%' THEN NULL ELSE ticket_id END,
  transaction_id = CASE WHEN transaction_id LIKE 'id-%' THEN NULL ELSE transaction_id END
  WHERE card_hash = `
