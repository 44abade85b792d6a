import { Counter, Histogram, type Registry } from '@prometheus-io/client'
import { endReasons } from '../../http/end-reasons.ts'
import { operations } from '../../model/words.ts'

/** What tills send, and what they are answered. */
export function createRequestMetrics(registers: Registry[]) {
  const metrics = {
    requestSeconds: new Histogram({
      name: 'zonal_request_duration_seconds',
      help: "Time from a till's request headers to its answer, by message and outcome code; HUNG_UP: until the till hung up",
      labelNames: ['message', 'code'] as const,
      // Dense below a second, and around the till's patience of 2.5 s.
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 1.5, 2, 2.4, 2.5, 2.6, 5],
      // A trace for each bucket.
      enableExemplars: true,
      registers,
    }),
    unanswered: new Counter({
      name: 'zonal_requests_unanswered_total',
      help: 'Requests whose till hung up before the answer was sent, by message',
      labelNames: ['message'] as const,
      registers,
    }),
    connectionsEnded: new Counter({
      name: 'zonal_connections_ended_total',
      help: `Connections that ended other than after their last answer, by reason (${endReasons.join(', ')})`,
      labelNames: ['reason'] as const,
      registers,
    }),
    unreadFields: new Counter({
      name: 'zonal_unread_fields_total',
      help: 'Fields that could not be read and were left out, and amounts that were rounded',
      labelNames: ['message', 'field'] as const,
      registers,
    }),
    ticketTimesImplausible: new Counter({
      name: 'zonal_ticket_times_implausible_total',
      help: 'Tickets whose closing time is more than a day ahead or 60 days back, by direction (ahead, back)',
      labelNames: ['direction'] as const,
      registers,
    }),
    captureFailures: new Counter({
      name: 'zonal_capture_failures_total',
      help: 'Exchanges that could not be written to the capture folder',
      registers,
    }),
    credentialsLocked: new Counter({
      name: 'zonal_credentials_locked_total',
      help: 'Requests with unknown credentials that were refused without asking the core, after too many wrong ones',
      registers,
    }),
  }
  for (const message of [...operations, 'none']) {
    metrics.requestSeconds.zero({ message, code: 'INTERNAL_ERROR' })
    metrics.unanswered.inc({ message }, 0)
  }
  for (const direction of ['ahead', 'back']) metrics.ticketTimesImplausible.inc({ direction }, 0)
  for (const reason of endReasons) metrics.connectionsEnded.inc({ reason }, 0)
  return metrics
}
