import { Counter, Gauge, Histogram, type Registry } from '@prometheus-io/client'

/** Tickets on their way to Kafka, and those that cannot go there. */
export function createTicketMetrics(registers: Registry[]) {
  const metrics = {
    ticketsWaiting: new Gauge({
      name: 'zonal_tickets_waiting',
      help: 'Tickets in the journal that are not in Kafka yet',
      registers,
    }),
    oldestTicketSeconds: new Gauge({
      name: 'zonal_tickets_oldest_waiting_seconds',
      help: 'Age of the oldest ticket that is not in Kafka yet',
      registers,
    }),
    deadLetters: new Gauge({
      name: 'zonal_dead_letters',
      help: 'Tickets kept as dead letters',
      registers,
    }),
    deadLetterBytes: new Gauge({
      name: 'zonal_dead_letter_bytes',
      help: 'Bytes of the dead letters; from a tenth of JOURNAL_MAX_BYTES on, no more messages are kept',
      registers,
    }),
    ticketsReceived: new Counter({
      name: 'zonal_tickets_taken_total',
      help: 'Tickets that arrived, by result (accepted, duplicate, without_card, dead_letter)',
      labelNames: ['result'] as const,
      registers,
    }),
    kafkaSendSeconds: new Histogram({
      name: 'zonal_kafka_send_duration_seconds',
      help: 'Time of one batch to Kafka, by outcome (done, failed)',
      labelNames: ['outcome'] as const,
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
      registers,
    }),
    ticketsPublished: new Counter({
      name: 'zonal_tickets_published_total',
      help: 'Tickets that Kafka has acknowledged',
      registers,
    }),
    relayActive: new Gauge({
      name: 'zonal_relay_active',
      help: '1 if this replica sends tickets to Kafka: of several replicas one does',
      registers,
    }),
    kafkaConnected: new Gauge({
      name: 'zonal_kafka_connected',
      help: '1 after a send or connect that worked, 0 after one that failed',
      registers,
    }),
  }
  for (const result of ['accepted', 'duplicate', 'without_card', 'dead_letter'])
    metrics.ticketsReceived.inc({ result }, 0)
  for (const outcome of ['done', 'failed']) metrics.kafkaSendSeconds.zero({ outcome })
  return metrics
}
