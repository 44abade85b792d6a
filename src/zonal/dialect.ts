import type { Refusal } from '../model/refusal.ts'
import type { Balance, Moved, Operation, What } from '../model/words.ts'
import type { Language } from './catalogue.ts'
import type { RawMessage, UnknownMessage } from './messages/raw-message.ts'
import type { Spell } from './messages/request-invalid.ts'
import type { Redaction } from './redaction.ts'

/**
 * The wire format of some tills: their syntax, their names for fields and how they are answered. Each is one folder in
 * `dialects/`, and a line in `dialects/registered.ts`; no other file of `src/` knows it.
 */
export type Dialect = {
  /** Appears in log lines, recordings and dead letters: it never changes. */
  name: string
  /** Whether a request is in this dialect; asked before its body is read. */
  claims: (head: RequestHead) => boolean
  /**
   * @param path as in `RequestHead`
   * @returns the operation that an address names; `inside` if the message names it; undefined for any other address
   */
  operationAt: (path: string) => Operation | 'inside' | undefined
  /**
   * @throws Refusal for a text that cannot be read: `MESSAGE_UNREADABLE`, or one that says why
   */
  read: (message: TextMessage) => RawMessage | UnknownMessage
  /** Answers what was done. */
  writeAnswer: (answer: Answer, ids: AnswerIds) => Reply
  writeRefusal: (refused: Refused, ids: AnswerIds) => Reply
  /** What its tills call a field, for refusals that name one. */
  spell: Spell
  redaction: Redaction
}

/** What is known of a request before its body is read. */
export type RequestHead = {
  /** Below the base path, without the slashes around it: `balance`; empty at the base path. Undefined if it is not below it. */
  path: string | undefined
  /** In lower case, without its parameters. */
  mediaType: string
}

export type TextMessage = { path: string; mediaType: string; text: string }

/** Which request an answer belongs to. */
export type AnswerIds = {
  /** Ours: it is in the log, too. */
  requestId: string
  /** The till's, as `read` has returned it. */
  reference: string | undefined
}

export type Redeemed = { transactionId?: string | undefined; redemptionId: string; what: What; moved: Moved }

export type Answer =
  | { to: 'balance'; cardNumber: string; balance: Balance }
  | ({ to: 'debit' | 'credit' } & Redeemed)
  | { to: 'ticket'; ticketId: string; isDuplicate: boolean }
  /** A `GET` of the base path, by which an installer sees that the address is right. */
  | { to: 'address check'; service: string; version: string }

export type Refused = {
  refusal: Refusal
  /** Undefined if it was not known yet. */
  operation: Operation | undefined
  /** The ticket is a dead letter now. */
  isKept: boolean
  settings: ReplySettings
}

export type ReplySettings = {
  language: Language
  /** Sent instead of 503 to the messages that an operator waits for. */
  failureHttpStatus: number
  /** Sent for a ticket that was kept as a dead letter; 400 leaves 413 and 415 as they are. */
  invalidTicketHttpStatus: number
}

export type Reply = { status: number; headers: Readonly<Record<string, string>>; body: string }

/** @returns the first dialect that claims the request; undefined if none does */
export function findDialect(dialects: readonly Dialect[], head: RequestHead): Dialect | undefined {
  for (const dialect of dialects) if (dialect.claims(head)) return dialect
  return undefined
}

/** @returns the dialect that answers what none claims: the last one */
export function fallbackOf(dialects: readonly Dialect[]): Dialect {
  const last = dialects.at(-1)
  if (!last) throw new Error('there is no dialect')
  return last
}
