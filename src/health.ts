import type { Status } from './console/overview/status.ts'
import type { Journal } from './journal/journal.ts'
import type { Clock } from './time/clock.ts'
import type { Health } from './observability/management.ts'
import type { Metrics } from './observability/metrics.ts'
import type { RelayLease } from './tickets/lease.ts'
import type { Publisher } from './tickets/publisher.ts'

type Deps = {
  journal: Journal
  metrics: Metrics
  clock: Clock
  /** Breaker states by operation. */
  breakers: () => Record<string, string>
  budget: () => {
    slotsInUse: number
    isBlocked: boolean
    hold: { reason: string; forMs?: number } | undefined
    waiting: { lane: string; count: number }[]
  }
  /** Undefined without Kafka. */
  publisher: Pick<Publisher, 'isConnected'> | undefined
  /** Undefined if no other replica publishes. */
  lease: Pick<RelayLease, 'isHeld'> | undefined
  isTraced: boolean
  version: string
}

/** What the management port says: figures of journal and budget as gauges, and the state of each part in words. */
export function createReports({
  journal,
  metrics,
  clock,
  breakers,
  budget,
  publisher,
  lease,
  isTraced,
  version,
}: Deps) {
  const secondsSince = (atMs: number | undefined) =>
    atMs === undefined ? 0 : Math.max(0, (clock.nowMs() - atMs) / 1000)

  return {
    /** The same for the console. */
    status(isReady: boolean): Status {
      return {
        version,
        isReady,
        trouble: journal.trouble(),
        kafka: publisher ? (publisher.isConnected() ? 'connected' : 'not_connected') : 'none',
        isRelay: lease?.isHeld(),
        durability: journal.durability(),
        breakers: breakers(),
        hold: budget().hold,
      }
    },

    health(isReady: boolean): Health {
      const trouble = journal.trouble()
      return {
        isReady,
        journal: trouble === undefined ? 'ok' : `unavailable: ${trouble}`,
        // Of several replicas.
        ...(journal.sharedLease && { database: describeDurability(journal) }),
        kafka: describeKafka(publisher),
        ...(lease && { relay: lease.isHeld() ? 'active' : 'standing by' }),
        core: breakers(),
        budget: describeHold(budget().hold),
      }
    },

    /** @param accept header of who reads it; exemplars are of use only where there are traces */
    async metricsPage(accept?: string): Promise<{ contentType: string; body: string }> {
      const { slotsInUse, isBlocked, waiting } = budget()
      metrics.coreSlotsTaken.set(slotsInUse)
      metrics.coreBlocked.set(isBlocked ? 1 : 0)
      for (const { lane, count } of waiting) metrics.coreSlotsWaiting.set({ lane }, count)
      const stats = await journal.stats().catch(() => undefined)
      if (stats) {
        for (const [state, rows] of Object.entries(stats.open)) metrics.redemptions.set({ state }, rows)
        metrics.ticketsWaiting.set(stats.ticketsWaiting)
        metrics.oldestTicketSeconds.set(secondsSince(stats.oldestTicketAtMs))
        metrics.oldestInDoubtSeconds.set(secondsSince(stats.oldestInDoubtAtMs))
        metrics.deadLetters.set(stats.deadLetters)
        metrics.deadLetterBytes.set(stats.deadLetterBytes)
        metrics.journalBytes.set(stats.bytes)
        metrics.journalWalBytes.set(stats.walBytes)
      }
      const takesOpenMetrics = accept?.includes('application/openmetrics-text') === true
      return await metrics.page(isTraced && takesOpenMetrics ? 'openmetrics' : 'text')
    },
  }
}

function describeDurability(journal: Journal): string {
  const durability = journal.durability()
  return durability ? `commits are ${durability.text}` : 'not looked at yet'
}

function describeKafka(publisher: Deps['publisher']): string {
  if (!publisher) return 'not configured: tickets wait in the journal'
  return publisher.isConnected() ? 'connected' : 'not connected'
}

/** @returns for example `blocked: 42 s left`, with the reasons of `zonal_core_slot_refusals_total` */
function describeHold(hold: { reason: string; forMs?: number } | undefined): string {
  if (!hold) return 'ok'
  const { reason, forMs } = hold
  return forMs === undefined ? reason : `${reason}: ${Math.ceil(forMs / 1000)} s left`
}
