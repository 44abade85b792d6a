import { ROOT_CONTEXT, SamplingDecision, SpanKind as Kinds, trace, TraceFlags } from '@opentelemetry/api'
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources'
import {
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
  type Sampler,
} from '@opentelemetry/sdk-trace'
import { readTraceparent, type TraceContext } from '../../model/span.ts'
import { systemTimers } from '../../time/clock.ts'
import { settlesWithin } from '../../time/waiting.ts'
import type { Tracing, TracingConfig, TracingDeps } from '../tracing.ts'
import { createExport } from './export.ts'
import { createRootSpan, kinds } from './recorded-span.ts'

/** A collector that is away must not hold up the stop. */
const closeWithinMs = 1_000

/** Records spans and sends them to a collector, with OpenTelemetry's SDK. Nothing else of the service knows it. */
export function createRecording(config: TracingConfig & { url: string }, deps: TracingDeps): Tracing {
  const { queue, giveUp } = createExport(config, deps)
  const provider = new TracerProvider({
    resource: defaultResource().merge(
      resourceFromAttributes({
        ...config.resource,
        'service.name': config.serviceName,
        'service.version': deps.version,
      }),
    ),
    sampler: new ParentBasedSampler({ root: samplerByLinks(new TraceIdRatioBasedSampler(config.ratio)) }),
    // A batch may have more tickets than the SDK's limit of 128.
    spanLimits: { linkCountLimit: 1_000 },
    spanProcessors: [queue],
  })
  const tracer = provider.getTracer('zonal-loyalty-adapter', deps.version)

  return {
    isOn: true,
    server(parent) {
      const remote = readTraceparent(parent)
      const context = remote
        ? trace.setSpanContext(ROOT_CONTEXT, toSpanContext(remote, { isRemote: true }))
        : ROOT_CONTEXT
      return createRootSpan(tracer, (startTime) =>
        tracer.startSpan('none', { kind: Kinds.SERVER, startTime }, context),
      )
    },
    root(name, kind, about) {
      const links = about.flatMap((traceparent) => {
        const context = readTraceparent(traceparent)
        return context ? { context: toSpanContext(context) } : []
      })
      return createRootSpan(tracer, (startTime) =>
        tracer.startSpan(name, { kind: kinds[kind], links, startTime }, ROOT_CONTEXT),
      )
    },
    async close() {
      await settlesWithin(systemTimers, closeWithinMs, provider.shutdown())
      giveUp()
    },
  }
}

function toSpanContext({ traceId, spanId, flags }: TraceContext, more?: { isRemote: true }) {
  return { traceId, spanId, traceFlags: parseInt(flags, 16) & TraceFlags.SAMPLED, ...more }
}

/** A span with links, such as a batch of tickets or an undo, is recorded if one of the linked spans is. */
function samplerByLinks(fallback: Sampler): Sampler {
  return {
    shouldSample(context, traceId, name, kind, attributes, links) {
      if (links.length === 0) return fallback.shouldSample(context, traceId, name, kind, attributes, links)
      const isAnySampled = links.some((link) => (link.context.traceFlags & TraceFlags.SAMPLED) !== 0)
      return { decision: isAnySampled ? SamplingDecision.RECORD_AND_SAMPLED : SamplingDecision.NOT_RECORD }
    },
    toString: () => `ByLinks{${fallback}}`,
  }
}
