import { randomUUID } from 'node:crypto'
import { createSpotter } from './model/secret-spotter.ts'
import type { Clock } from './time/clock.ts'

export type CoreCallFact = {
  operation: string
  /** done, refused, not_done, unknown; pending as long as it is under way. */
  outcome: string
  status?: number
  durationMs: number
  /** Why it was not done, or what is not known of it. */
  reason?: string
  exception?: string
  eventId?: string
  /** Fields of the reply that could not be read and were left out. */
  unread?: string[]
}

/** What no line of a request may say, as far as it is known. */
export type Secrets = { apiKey?: string; cardNumber?: string }

/** What the one wide log line of a request will say; each room adds what it knows. No card number, key or name. */
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
  /** In line for slots of the core's budget. */
  coreWaitMs?: number
  /** Of a refusal: what it is about, as the till spells it, and why. Never a value of the message. */
  field?: string
  reason?: string
  unreadFields?: string[]
  [more: string]: unknown
}

/** What a till's request is. */
export type Message = 'balance' | 'debit' | 'credit' | 'ticket'

/** One request of a till on its way through the house, from the arrival of its headers to its answer. */
export type Exchange = {
  requestId: string
  /** W3C trace context of what this request sets off: a new span of the caller's trace, or of a new one. */
  nextTraceparent(): string
  arrivedAtMs: number
  /** The IP address that it came from; undefined where no till sent it. */
  sourceAddress: string | undefined
  /** Set as soon as it is known; undefined before, and of what no till has sent. */
  message: Message | undefined
  /** It repeats one that was answered before, and hears the same; the till is told so by a header. */
  isReplayed: boolean
  /** It was refused, but kept as a dead letter. */
  isKept: boolean
  /** No till waits for it: an undo, a refresh. */
  isBackground: boolean
  /** Time until the answer must have left; negative when it is late. */
  leftMs(): number
  facts: Facts
  /** What its log line and its trace must not say; each room adds what it knows. */
  secrets: Secrets
}

/**
 * @param deadlineMs the till's patience, counted from now
 * @param options `parent`: a `traceparent` header as it came; anything unreadable starts a new trace
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
    isBackground,
    leftMs: () => endsAtMs - clock.monotonicMs(),
    facts: { coreCalls: [] },
    secrets,
  }
}

/** A trace id goes on to Kafka, and a card of digits is hexadecimal. */
function isHarmless(parent: string | undefined, { cardNumber }: Secrets): boolean {
  return parent === undefined || cardNumber === undefined || !createSpotter(cardNumber)(parent)
}

/** Version 00 only: https://www.w3.org/TR/trace-context/#traceparent-header */
function nextTraceparent(parent: string | undefined): string {
  const [, traceId, flags] =
    /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})$/.exec(parent ?? '') ?? []
  return `00-${traceId ?? randomHex(32)}-${randomHex(16)}-${flags ?? '01'}`
}

/** From a UUID, whose random bytes Node fetches in bulk: each call of `randomBytes` asks the kernel. */
function randomHex(digits: number): string {
  return randomUUID().replaceAll('-', '').slice(-digits)
}
