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
const minWaitMs = 5

type RootState = {
  /** Epoch ms of now. The SDK would round it to a whole one for each span, so that parts seem to begin before the root. */
  nowMs: () => number
  /** Ends the SDK's spans of the children that have ended. Held until the root ends, since all may have to be dropped. */
  pendingEnds: (() => void)[]
  isOver: boolean
  isDropped: boolean
}

/** @param begin returns a span that is sampled or not */
export function createRootSpan(tracer: Tracer, begin: (startTime: number) => OtelSpan): Span {
  const zeroMs = Date.now() - performance.now()
  const nowMs = () => zeroMs + performance.now()
  const otel = begin(nowMs())
  if (!otel.isRecording()) return unrecordedSpan({ traceId: otel.spanContext().traceId, flags: '00' })
  const root: RootState = { nowMs, pendingEnds: [], isOver: false, isDropped: false }
  const span = recordedSpan(tracer, otel, root)
  return {
    ...span,
    end(how) {
      if (root.isOver) return
      span.end(how)
      root.isOver = true
      for (const endSpan of root.pendingEnds.splice(0)) endSpan()
    },
  }
}

/** @param waitsSinceMs when the span began; undefined if it is no wait */
function recordedSpan(tracer: Tracer, otel: OtelSpan, root: RootState, waitsSinceMs?: number): Span {
  const { traceId, spanId } = otel.spanContext()

  function begin(name: string, kind: SpanKind, facts: SpanFacts, isWait: boolean): Span {
    const context = trace.setSpan(ROOT_CONTEXT, otel)
    const startTime = root.nowMs()
    const part = tracer.startSpan(name, { kind: kinds[kind], attributes: { ...facts }, startTime }, context)
    return recordedSpan(tracer, part, root, isWait ? startTime : undefined)
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
      const endedAtMs = root.nowMs()
      if (waitsSinceMs !== undefined) {
        const waitedMs = endedAtMs - waitsSinceMs
        if (waitedMs < minWaitMs) return
        otel.setAttribute('zonal.waited_ms', Math.round(waitedMs))
      }
      if (how === 'failed') otel.setStatus({ code: SpanStatusCode.ERROR })
      const endSpan = () => {
        if (!root.isDropped) otel.end(endedAtMs)
      }
      if (root.isOver) endSpan()
      else root.pendingEnds.push(endSpan)
    },
    drop() {
      root.isDropped = true
      root.pendingEnds = []
    },
  }
}
