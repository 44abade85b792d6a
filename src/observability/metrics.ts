import { Gauge, Registry, collectDefaultMetrics } from '@prometheus-io/client'
import { createCoreMetrics } from './metrics/core.ts'
import { createJournalMetrics } from './metrics/journal.ts'
import { createRequestMetrics } from './metrics/requests.ts'
import { createTicketMetrics } from './metrics/tickets.ts'
import { createTraceMetrics } from './metrics/traces.ts'

export type Metrics = ReturnType<typeof createMetrics>

/**
 * Every metric of the service. No label grows with cards, bills or venues. Every series that is known beforehand begins at
 * zero: Prometheus sees no increase in one that begins above it, so the first error of its kind would go unnoticed.
 *
 * @param lanes of the core's budget
 */
export function createMetrics(lanes: readonly string[] = []) {
  // The client allows exemplars only here; both forms of the page are made from it.
  const registry = new Registry(Registry.OPENMETRICS_CONTENT_TYPE) as Registry
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
  const all = [processMetrics(), registry]
  const pages = {
    text: toPage(all, Registry.PROMETHEUS_CONTENT_TYPE),
    openmetrics: toPage(all, Registry.OPENMETRICS_CONTENT_TYPE),
  }
  return {
    ...metrics,
    /** @returns the page that Prometheus reads. Only in the form of OpenMetrics it names traces of slow requests */
    page: async (form: keyof typeof pages = 'text') => ({
      contentType: pages[form].contentType,
      body: await pages[form].metrics(),
    }),
  }
}

/** For OpenMetrics the client renames counters, for good: so each page gets copies that have their own names. */
function toPage(registries: Registry[], contentType: string) {
  const page = new Registry(contentType as typeof Registry.PROMETHEUS_CONTENT_TYPE)
  for (const metric of registries.flatMap((registry) => registry.getMetricsAsArray()))
    page.registerMetric(Object.create(metric) as Parameters<typeof page.registerMetric>[0])
  return page
}

let ofProcess: Registry | undefined

/**
 * Of this process, however many services it makes, as tests do. What measures the event loop and the garbage collection
 * can never be let go of, and costs time for as long as the process lives.
 */
function processMetrics(): Registry {
  if (ofProcess) return ofProcess
  ofProcess = new Registry()
  collectDefaultMetrics({ register: ofProcess })
  return ofProcess
}
