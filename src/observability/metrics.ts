import { createCoreMetrics } from './metrics/core.ts'
import { createJournalMetrics } from './metrics/journal.ts'
import { createRequestMetrics } from './metrics/requests.ts'
import { createTicketMetrics } from './metrics/tickets.ts'
import { createTraceMetrics } from './metrics/traces.ts'
import { Gauge, Registry, collectProcessMetrics } from './prometheus.ts'

export type Metrics = ReturnType<typeof createMetrics>

/**
 * Every metric of the service. No label grows with cards, bills or venues. Every series that is known beforehand begins at
 * zero: Prometheus sees no increase in one that begins above it, so the first error of its kind would go unnoticed.
 *
 * @param lanes of the core's budget
 */
export function createMetrics(lanes: readonly string[] = []) {
  const registry = new Registry()
  const registers = [registry]
  const metrics = {
    buildInfo: new Gauge({
      name: 'zonal_build_info',
      help: 'Always 1; the version of the adapter',
      labelNames: ['version'] as const,
      registers,
    }),
    ...createRequestMetrics(registers),
    ...createCoreMetrics(registers, lanes),
    ...createJournalMetrics(registers),
    ...createTicketMetrics(registers),
    ...createTraceMetrics(registers),
  }
  const all = Registry.merge([processMetrics(), registry])
  return {
    ...metrics,
    /** @returns the page that Prometheus reads */
    page: async () => ({ contentType: all.contentType, body: await all.metrics() }),
  }
}

let ofProcess: Registry | undefined

/**
 * Of this process, however many services it makes, as tests do. What measures the event loop and the garbage collection
 * can never be let go of, and costs time for as long as the process lives.
 */
function processMetrics(): Registry {
  if (ofProcess) return ofProcess
  ofProcess = new Registry()
  collectProcessMetrics(ofProcess)
  return ofProcess
}
