import { readFileSync } from 'node:fs'
import { TraceFlags } from '@opentelemetry/api'
import { ExportResultCode } from '@opentelemetry/core'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { BatchSpanProcessor, type SpanExporter, type SpanProcessor } from '@opentelemetry/sdk-trace'
import { describeError } from '../logger.ts'
import type { TracingConfig, TracingDeps } from '../tracing.ts'

/** Spans that wait; those beyond are dropped, so that a collector that is away costs no more memory than they take. */
const mostWaiting = 2_048
const mostAtOnce = 512
const sendEveryMs = 5_000
/** One try to send, and how often it is repeated within. */
const sendWithinMs = 2_000

/** Sends spans to the collector in the background, and counts those that do not get there. */
export function createExport(
  { url, headers, certificateFile }: TracingConfig & { url: string },
  { log, metrics }: TracingDeps,
): { queue: SpanProcessor; giveUp: () => void } {
  const collector = new OTLPTraceExporter({
    url,
    headers: { ...headers },
    timeoutMillis: sendWithinMs,
    httpAgentOptions: {
      keepAlive: true,
      ...(certificateFile !== undefined && { ca: readFileSync(certificateFile) }),
    },
  })
  let waiting = 0
  let underWay = 0
  let isFailing = false

  function onSent(error: Error | undefined) {
    if (error && !isFailing) log.warn({ error: describeError(error) }, 'spans could not be sent')
    if (!error && isFailing) log.info('spans can be sent again')
    isFailing = error !== undefined
  }

  const exporter: SpanExporter = {
    export(spans, done) {
      waiting -= spans.length
      underWay += spans.length
      collector.export(spans, (result) => {
        underWay -= spans.length
        const isSent = result.code === ExportResultCode.SUCCESS
        if (isSent) metrics.spansSent.inc(spans.length)
        else metrics.spansDropped.inc({ reason: 'not_sent' }, spans.length)
        onSent(isSent ? undefined : (result.error ?? new Error('refused')))
        done(result)
      })
    },
    shutdown: () => collector.shutdown(),
  }
  const batches = new BatchSpanProcessor({
    exporter,
    maxQueueSize: mostWaiting,
    maxExportBatchSize: mostAtOnce,
    scheduledDelayMillis: sendEveryMs,
    exportTimeoutMillis: sendWithinMs,
  })
  const queue: SpanProcessor = {
    onStart: () => undefined,
    onEnd(span) {
      if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) === 0) return
      // As the queue decides, which does not tell.
      if (waiting >= mostWaiting) return metrics.spansDropped.inc({ reason: 'queue_full' })
      waiting++
      batches.onEnd(span)
    },
    forceFlush: () => batches.forceFlush(),
    shutdown: () => batches.shutdown(),
  }
  return {
    queue,
    /** At the end: what has not been sent by now never will be. */
    giveUp() {
      if (waiting + underWay > 0)
        log.warn({ spans: waiting + underWay }, 'spans were left behind by the stop')
    },
  }
}
