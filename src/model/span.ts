import { randomUUID } from 'node:crypto'

export type SpanKind = 'server' | 'client' | 'producer' | 'internal'

/** All that a span ever says: never a card number, a key, a name or a text of a till. What is undefined is left out. */
export type SpanFacts = {
  'http.request.method'?: string | undefined
  /** The pattern, since a path may hold anything. */
  'http.route'?: string | undefined
  'http.response.status_code'?: number | undefined
  'server.address'?: string
  'db.system.name'?: 'postgresql' | 'sqlite'
  'db.operation.name'?: string
  'messaging.system'?: 'kafka'
  'messaging.destination.name'?: string
  'messaging.batch.message_count'?: number
  'error.type'?: string | undefined
  'zonal.code'?: string
  /** The Aztec venue ID. */
  'zonal.venue'?: string | undefined
  'zonal.replayed'?: boolean
  'zonal.redemption_id'?: string | undefined
  'zonal.lane'?: string
  'zonal.waited_ms'?: number
  'zonal.outcome'?: string
}

/** A piece of work in a trace, whether or not it is recorded. */
export type Span = {
  /** The W3C header that continues the trace with this span as its parent. */
  readonly traceparent: string
  readonly traceId: string
  /** Otherwise it only has its ids: traces are off, or this one is not sampled. */
  readonly isRecorded: boolean
  /** Begins a part of it. */
  child(name: string, kind: SpanKind, facts?: SpanFacts): Span
  /** Begins a wait, which is left out if it is short, and says how long it was. */
  wait(name: string, facts?: SpanFacts): Span
  rename(name: string): void
  set(facts: SpanFacts): void
  end(how?: 'done' | 'failed'): void
  /** Discards this span and all its children, even those that have ended: nothing of them is sent. */
  drop(): void
}

/** Ends the span with the work. @returns what the work returns */
export async function inSpan<T>(span: Span, work: () => Promise<T>): Promise<T> {
  try {
    const result = await work()
    span.end()
    return result
  } catch (error) {
    span.end('failed')
    throw error
  }
}

/** What a `traceparent` says. */
export type TraceContext = { traceId: string; spanId: string; flags: string }

/** @returns undefined if it cannot be read. Version 00 only: https://www.w3.org/TR/trace-context/#traceparent-header */
export function readTraceparent(header: string | undefined): TraceContext | undefined {
  const found = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/.exec(header ?? '')
  if (!found) return undefined
  const [, traceId = '', spanId = '', flags = ''] = found
  return { traceId, spanId, flags }
}

/**
 * A span that is not recorded: it only has ids, so that Kafka's consumers and log lines can be brought together. Its parts
 * share them, since nobody could tell them apart.
 * @param parent undefined begins a trace
 */
export function unrecordedSpan(parent?: Pick<TraceContext, 'traceId' | 'flags'>): Span {
  const traceId = parent?.traceId ?? randomHex(32)
  const flags = parent?.flags ?? '01'
  let traceparent: string | undefined
  const span: Span = {
    // Few ever need it.
    get traceparent() {
      return (traceparent ??= `00-${traceId}-${randomHex(16)}-${flags}`)
    },
    traceId,
    isRecorded: false,
    child: () => span,
    wait: () => span,
    rename: nothing,
    set: nothing,
    end: nothing,
    drop: nothing,
  }
  return span
}

function nothing() {}

/** From a UUID, since Node fetches their random bytes in bulk; `randomBytes` asks the kernel each time. */
function randomHex(digits: number): string {
  return randomUUID().replaceAll('-', '').slice(-digits)
}
