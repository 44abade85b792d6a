import { readTraceparent, unrecordedSpan, type Span, type SpanKind } from '../model/span.ts'
import type { Logger } from './logger.ts'
import type { Metrics } from './metrics.ts'

export type TracingConfig = {
  /** Of the collector, for traces: OTLP over HTTP. Undefined: no traces. */
  url: string | undefined
  /** Sent with each request to it, such as its key. */
  headers: Readonly<Record<string, string>>
  /** PEM of the CA of its certificate. */
  certificateFile: string | undefined
  serviceName: string
  resource: Readonly<Record<string, string>>
  /** Share of the traces that begin here which are recorded, 0 to 1. */
  ratio: number
}

export type TracingDeps = {
  version: string
  log: Logger
  metrics: Pick<Metrics, 'spansSent' | 'spansDropped'>
}

export type Tracing = {
  /** Whether spans can be recorded. */
  isOn: boolean
  /** Begins the span of a request. @param parent its `traceparent`, which is continued if it can be read */
  server(parent: string | undefined): Span
  /** Begins the span of work that nobody waits for. @param about the traceparents of what it is about */
  root(name: string, kind: SpanKind, about: readonly string[]): Span
  /** Sends what is left, for a second at most. */
  close(): Promise<void>
}

/** Traces have ids, as log lines and Kafka's headers do, but nothing is recorded. */
export const noTracing: Tracing = {
  isOn: false,
  server: (parent) => unrecordedSpan(readTraceparent(parent)),
  root: () => unrecordedSpan(),
  close: async () => undefined,
}

/** Without a collector OpenTelemetry's SDK is not loaded, which saves about 110 ms of CPU at start and 10 MB. */
export async function createTracing(config: TracingConfig, deps: TracingDeps): Promise<Tracing> {
  if (config.url === undefined) return noTracing
  const { createRecording } = await import('./tracing/recording.ts')
  return createRecording({ ...config, url: config.url }, deps)
}
