import { readFileSync } from 'node:fs'
import { Socket } from 'node:net'
import { TraceFlags } from '@opentelemetry/api'
import { ExportResultCode } from '@opentelemetry/core'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { BatchSpanProcessor, type SpanExporter, type SpanProcessor } from '@opentelemetry/sdk-trace'
import { describeError } from '../logger.ts'
import type { TracingConfig, TracingDeps } from '../tracing.ts'

/** Spans that wait; those beyond are dropped, so that a collector that is away costs no more memory than they take. */
const maxWaiting = 2_048
const maxAtOnce = 512
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
    httpAgentOptions: (protocol) => createAgent(protocol, certificateFile),
  })
  let waiting = 0
  const underWay = new Set<{ spans: number; end: () => void }>()
  let isFailing = false
  let isOver = false

  function onSent(error: Error | undefined) {
    if (isOver) return
    if (error && !isFailing) log.warn({ error: describeError(error) }, 'spans could not be sent')
    if (!error && isFailing) log.info('spans can be sent again')
    isFailing = error !== undefined
  }

  const exporter: SpanExporter = {
    export(spans, done) {
      waiting -= spans.length
      const batch = { spans: spans.length, end: () => done({ code: ExportResultCode.FAILED }) }
      underWay.add(batch)
      collector.export(spans, (result) => {
        underWay.delete(batch)
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
    maxQueueSize: maxWaiting,
    maxExportBatchSize: maxAtOnce,
    scheduledDelayMillis: sendEveryMs,
    exportTimeoutMillis: sendWithinMs,
  })
  const queue: SpanProcessor = {
    onStart: () => undefined,
    onEnd(span) {
      if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) === 0) return
      // As the queue decides, which does not tell.
      if (waiting >= maxWaiting) return metrics.spansDropped.inc({ reason: 'queue_full' })
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
      isOver = true
      const left = [...underWay].reduce((sum, { spans }) => sum + spans, waiting)
      if (left > 0) log.warn({ spans: left }, 'spans were not sent before the stop')
      // Else the SDK's own limit would keep the process alive.
      for (const batch of underWay) batch.end()
    },
  }
}

/** A collector that does not answer must not keep the process alive. */
async function createAgent(protocol: string, certificateFile: string | undefined) {
  const { Agent } = await (protocol === 'http:' ? import('node:http') : import('node:https'))
  const ca = certificateFile === undefined ? undefined : readFileSync(certificateFile)
  const agent = new Agent({ keepAlive: true, ...(ca && { ca }) })
  const connect = agent.createConnection.bind(agent)
  agent.createConnection = (...how) => {
    const socket = connect(...how)
    if (socket instanceof Socket) socket.unref()
    return socket
  }
  return agent
}
