import { randomUUID } from 'node:crypto'
import { createSpotter } from './model/secret-spotter.ts'
import type { Operation } from './model/words.ts'
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

/** For the one wide log line of a request, and read by nothing else. Each room adds what it knows: no card number, key or name. */
export type Facts = {
  coreCalls: CoreCallFact[]
  venue?: string
  tenant?: string
  card?: string
  account?: string
  transactionId?: string
  redemptionId?: string
  ticketId?: string
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
  /** @returns the W3C trace context for what this request sets off: a new span of the caller's trace, or of a new trace */
  nextTraceparent(): string
  arrivedAtMs: number
  /** The IP address that it came from; undefined if no till has sent it. */
  sourceAddress: string | undefined
  /** Set as soon as it is known; undefined before, and of what no till has sent. */
  message: Operation | undefined
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
  /** What its log line and its trace must not contain. Each room adds what it knows. */
  secrets: Secrets
}

/**
 * @param deadlineMs the till's patience, counted from now
 * @param options `parent`: a `traceparent` header as it came; if it cannot be read, a new trace begins
 */
export function createExchange(
  clock: Clock,
  deadlineMs: number,
  {
    parent,
    sourceAddress,
    isBackground = false,
  }: { parent?: string; sourceAddress?: string; isBackground?: boolean } = {},
): Exchange {
  const endsAtMs = clock.monotonicMs() + deadlineMs
  const secrets: Secrets = {}
  return {
    requestId: randomUUID(),
    nextTraceparent: () => nextTraceparent(isHarmless(parent, secrets) ? parent : undefined),
    arrivedAtMs: clock.nowMs(),
    sourceAddress,
    message: undefined,
    isReplayed: false,
    isKept: false,
    isTillGone: false,
    isBackground,
    leftMs: () => endsAtMs - clock.monotonicMs(),
    facts: { coreCalls: [] },
    secrets,
  }
}

/** A trace id is passed on to Kafka, and a card number of digits alone could be one. */
function isHarmless(parent: string | undefined, { cardNumber }: Secrets): boolean {
  return parent === undefined || cardNumber === undefined || !createSpotter(cardNumber)(parent)
}

/** Version 00 only: https://www.w3.org/TR/trace-context/#traceparent-header */
function nextTraceparent(parent: string | undefined): string {
  const [, traceId, flags] =
    /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})$/.exec(parent ?? '') ?? []
  return `00-${traceId ?? randomHex(32)}-${randomHex(16)}-${flags ?? '01'}`
}

/** From a UUID, since Node fetches their random bytes in bulk; `randomBytes` asks the kernel each time. */
function randomHex(digits: number): string {
  return randomUUID().replaceAll('-', '').slice(-digits)
}
