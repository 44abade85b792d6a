import { Counter, type Registry } from '@prometheus-io/client'

/** Spans on their way to the collector; all zero while there is none. */
export function createTraceMetrics(registers: Registry[]) {
  const metrics = {
    spansSent: new Counter({
      name: 'zonal_spans_sent_total',
      help: 'Spans that the collector has taken',
      registers,
    }),
    spansDropped: new Counter({
      name: 'zonal_spans_dropped_total',
      help: 'Spans that never got to the collector, by reason (queue_full, not_sent)',
      labelNames: ['reason'] as const,
      registers,
    }),
  }
  for (const reason of ['queue_full', 'not_sent']) metrics.spansDropped.inc({ reason }, 0)
  return metrics
}
