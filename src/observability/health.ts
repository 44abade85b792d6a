import type { Journal } from '../journal/journal.ts'
import type { Clock } from './exchange.ts'
import type { Health } from './management.ts'
import type { Metrics } from './metrics.ts'

type Parts = {
  journal: Journal
  metrics: Metrics
  clock: Clock
  /** Breaker states by operation. */
  breakers: () => Record<string, string>
  hasKafka: boolean
}

/** What the management port tells: the journal's figures as gauges, and the parts of the service in words. */
export function createReports({ journal, metrics, clock, breakers, hasKafka }: Parts) {
  return {
    async health(isReady: boolean): Promise<Health> {
      const trouble = journal.trouble()
      const kafka =
        (await metrics.kafkaConnected.get()).values[0]?.value === 1 ? 'connected' : 'not connected'
      return {
        isReady,
        journal: trouble === undefined ? 'ok' : `unavailable: ${trouble}`,
        kafka: hasKafka ? kafka : 'not configured: tickets wait in the journal',
        core: breakers(),
      }
    },

    async metricsPage(): Promise<{ contentType: string; body: string }> {
      const stats = await journal.stats().catch(() => undefined)
      if (stats) {
        for (const [state, rows] of Object.entries(stats.open)) metrics.redemptions.set({ state }, rows)
        metrics.ticketsWaiting.set(stats.ticketsWaiting)
        const { oldestTicketAtMs } = stats
        const ageMs = oldestTicketAtMs === undefined ? 0 : clock.nowMs() - oldestTicketAtMs
        metrics.oldestTicketSeconds.set(Math.max(0, ageMs / 1000))
        metrics.deadLetters.set(stats.deadLetters)
      }
      return await metrics.page()
    },
  }
}
