import { randomUUID } from 'node:crypto'
import { createSpotter, type Spotter } from './model/secret-spotter.ts'
import { unrecordedSpan, type Span } from './model/span.ts'
import type { Operation, Venue } from './model/words.ts'
import type { Clock } from './time/clock.ts'

export type CoreCallFact = {
  operation: string
  /** done, refused, not_done or unknown; pending while it is under way. */
  outcome: string
  status?: number
  durationMs: number
  /** Why it was not done, or what is unknown. */
  reason?: string
  exception?: string
  eventId?: string
  /** Fields of the reply that could not be read and were left out. */
  unread?: string[]
}

/** What no log line of the request may contain, as far as it is known yet. */
export type Secrets = { apiKey?: string; cardNumber?: string }

/** For the log line of a request and its span; nothing else reads it. Each room adds what it knows: no card number, key or name. */
export type Facts = {
  coreCalls: CoreCallFact[]
  venue?: string
  tenant?: string
  card?: string
  account?: string
  transactionId?: string
  redemptionId?: string
  ticketId?: string
  /** Of a ticket that was accepted, now or before: its id in Kafka. */
  eventId?: string
  /** What a debit or credit is about: a coupon, or points. */
  rewardId?: string
  points?: number
  cache?: 'hit' | 'miss' | 'stale'
  /** Spent waiting for slots of the core's budget. */
  coreWaitMs?: number
  /** Of a refusal: the field that it is about, as the till spells it, and why. Never a value of the message. */
  field?: string
  reason?: string
  unreadFields?: string[]
  [more: string]: unknown
}

/** One request of a till, from the arrival of its headers to its answer; or a piece of work that no till waits for. */
export type Exchange = {
  requestId: string
  /** The span of this request; what it causes gets child spans of it. */
  span: Span
  arrivedAtMs: number
  /** The IP address that it came from; undefined if no till has sent it. */
  sourceAddress: string | undefined
  /** Set as soon as it is known; undefined before, and of what no till has sent. */
  message: Operation | undefined
  /** Who has sent it, once they are approved. */
  venue: Venue | undefined
  /** It repeats an earlier request and gets the same answer, with a header that says so. */
  isReplayed: boolean
  /** It was refused, and kept as a dead letter. */
  isKept: boolean
  /** The till has hung up. What was begun goes on, but no debit or credit is begun any more. */
  isTillGone: boolean
  /** No till waits for it, as for an undo or a refresh. */
  isBackground: boolean
  /** Time until the answer must have left; negative if it is late. */
  leftMs(): number
  facts: Facts
  /** What its log line and its trace must not contain. */
  readonly secrets: Secrets
  /** Adds secrets as they become known. If the ids of the caller's trace contain one, a new trace begins. */
  hide(secrets: Secrets): void
}

type Origin = {
  /** Recorded or not. */
  span?: Span
  /** The `traceparent` that the span continues. */
  parent?: string | undefined
  sourceAddress?: string
  isBackground?: boolean
}

/** @param deadlineMs the till's patience, counted from now */
export function createExchange(
  clock: Clock,
  deadlineMs: number,
  { span = unrecordedSpan(), parent, sourceAddress, isBackground = false }: Origin = {},
): Exchange {
  const endsAtMs = clock.monotonicMs() + deadlineMs
  const secrets: Secrets = {}
  const exchange: Exchange = {
    requestId: randomUUID(),
    span,
    arrivedAtMs: clock.nowMs(),
    sourceAddress,
    message: undefined,
    venue: undefined,
    isReplayed: false,
    isKept: false,
    isTillGone: false,
    isBackground,
    leftMs: () => endsAtMs - clock.monotonicMs(),
    facts: { coreCalls: [] },
    secrets,
    hide(known) {
      Object.assign(secrets, known)
      // It goes to Kafka and to whoever reads traces, and a card number of digits alone could be one.
      if (parent === undefined || !spotterOf(known)(parent)) return
      exchange.span.drop()
      exchange.span = unrecordedSpan()
    },
  }
  return exchange
}

/** @returns recognises what the exchange's log line must not contain, as far as it is known yet */
export function spotterOf({ apiKey, cardNumber }: Secrets): Spotter {
  return createSpotter(...[apiKey, cardNumber].flatMap((secret) => secret || []))
}
