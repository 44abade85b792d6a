import {
  ROOT_CONTEXT,
  SpanKind as Kinds,
  SpanStatusCode,
  trace,
  type Span as OtelSpan,
  type Tracer,
} from '@opentelemetry/api'
import { unrecordedSpan, type Span, type SpanFacts, type SpanKind } from '../../model/span.ts'

export const kinds: Record<SpanKind, Kinds> = {
  server: Kinds.SERVER,
  client: Kinds.CLIENT,
  producer: Kinds.PRODUCER,
  internal: Kinds.INTERNAL,
}

/** A shorter wait explains nothing. */
const leastWaitMs = 5

type Whole = {
  /** Epoch ms of now. The SDK would round it to a whole one for each span, so that parts seem to begin before the whole. */
  nowMs: () => number
  /** Tells of the parts that have ended. They are held until the root ends, as it may be dropped. */
  held: (() => void)[]
  isOver: boolean
  isDropped: boolean
}

/** @param begin returns a span that is sampled or not */
export function createRootSpan(tracer: Tracer, begin: (startTime: number) => OtelSpan): Span {
  const zeroMs = Date.now() - performance.now()
  const nowMs = () => zeroMs + performance.now()
  const otel = begin(nowMs())
  if (!otel.isRecording()) return unrecordedSpan({ traceId: otel.spanContext().traceId, flags: '00' })
  const whole: Whole = { nowMs, held: [], isOver: false, isDropped: false }
  const span = recordedSpan(tracer, otel, whole)
  return {
    ...span,
    end(how) {
      if (whole.isOver) return
      span.end(how)
      whole.isOver = true
      for (const tell of whole.held.splice(0)) tell()
    },
  }
}

/** @param waitsSinceMs when the span began; undefined if it is no wait */
function recordedSpan(tracer: Tracer, otel: OtelSpan, whole: Whole, waitsSinceMs?: number): Span {
  const { traceId, spanId } = otel.spanContext()

  function begin(name: string, kind: SpanKind, facts: SpanFacts, isWait: boolean): Span {
    const context = trace.setSpan(ROOT_CONTEXT, otel)
    const startTime = whole.nowMs()
    const part = tracer.startSpan(name, { kind: kinds[kind], attributes: { ...facts }, startTime }, context)
    return recordedSpan(tracer, part, whole, isWait ? startTime : undefined)
  }

  return {
    traceparent: `00-${traceId}-${spanId}-01`,
    traceId,
    isRecorded: true,
    child: (name, kind, facts = {}) => begin(name, kind, facts, false),
    wait: (name, facts = {}) => begin(name, 'internal', facts, true),
    rename: (name) => void otel.updateName(name),
    set: (facts) => void otel.setAttributes({ ...facts }),
    end(how = 'done') {
      const endedAtMs = whole.nowMs()
      if (waitsSinceMs !== undefined) {
        const waitedMs = endedAtMs - waitsSinceMs
        if (waitedMs < leastWaitMs) return
        otel.setAttribute('zonal.waited_ms', Math.round(waitedMs))
      }
      if (how === 'failed') otel.setStatus({ code: SpanStatusCode.ERROR })
      const tell = () => {
        if (!whole.isDropped) otel.end(endedAtMs)
      }
      if (whole.isOver) tell()
      else whole.held.push(tell)
    },
    drop() {
      whole.isDropped = true
      whole.held = []
    },
  }
}
