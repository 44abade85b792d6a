import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from '@prometheus-io/client'
import { endReasons } from '../http/end-reasons.ts'

export type Metrics = ReturnType<typeof createMetrics>

/**
 * Every metric of the service. No label grows with cards, bills or venues.
 *
 * @param lanes of the core's budget, so that each has its series from the start
 */
export function createMetrics(lanes: readonly string[] = []) {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })

  const metrics = {
    buildInfo: new Gauge({
      name: 'zonal_build_info',
      help: 'Always 1; the version of the adapter',
      labelNames: ['version'] as const,
      registers,
    }),
    requestSeconds: new Histogram({
      name: 'zonal_request_duration_seconds',
      help: "Time from a till's request headers to its answer, by message and outcome code; HUNG_UP: until the till hung up",
      labelNames: ['message', 'code'] as const,
      // Dense below a second, and around the till's patience of 2.5 s.
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 1.5, 2, 2.4, 2.5, 2.6, 5],
      registers,
    }),
    unanswered: new Counter({
      name: 'zonal_requests_unanswered_total',
      help: 'Requests whose till had hung up before its answer was out, by message',
      labelNames: ['message'] as const,
      registers,
    }),
    connectionsEnded: new Counter({
      name: 'zonal_connections_ended_total',
      help: `Connections that ended without a request or its answer, by reason (${endReasons.join(', ')})`,
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
      help: 'Tickets that were closed more than a day ahead or 60 days back by their own words, by direction (ahead, back)',
      labelNames: ['direction'] as const,
      registers,
    }),
    captureFailures: new Counter({
      name: 'zonal_capture_failures_total',
      help: 'Exchanges that could not be written to the capture folder',
      registers,
    }),
    coreCallSeconds: new Histogram({
      name: 'zonal_core_call_duration_seconds',
      help: 'Time of calls to the core, by operation and outcome (done, refused, not_done, unknown)',
      labelNames: ['operation', 'outcome'] as const,
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 1.5, 2, 2.5],
      registers,
    }),
    coreWaitSeconds: new Histogram({
      name: 'zonal_core_slot_wait_duration_seconds',
      help: "Time that calls waited for a slot of the core's budget, by lane (credit, undo, debit, balance, refresh, stranger)",
      labelNames: ['lane'] as const,
      buckets: [0.005, 0.05, 0.1, 0.25, 0.5, 1, 1.5, 2, 2.5, 5, 10],
      registers,
    }),
    coreSlotRefusals: new Counter({
      name: 'zonal_core_slot_refusals_total',
      help: 'Calls that got no slot and were not sent, by lane and reason (no_slot, blocked, quiet_after_kill)',
      labelNames: ['lane', 'reason'] as const,
      registers,
    }),
    coreSlotsLimit: new Gauge({
      name: 'zonal_core_slots_limit',
      help: "CORE_RATE_LIMIT: slots of the core's budget; 0 where there is no limit of our own",
      registers,
    }),
    coreSlotsTaken: new Gauge({
      name: 'zonal_core_slots_taken',
      help: "Slots of the core's budget that are taken, of CORE_RATE_LIMIT; the fullest where each key has its own",
      registers,
    }),
    coreSlotsWaiting: new Gauge({
      name: 'zonal_core_slots_waiting',
      help: 'Calls that wait for a slot, by lane',
      labelNames: ['lane'] as const,
      registers,
    }),
    coreBlocked: new Gauge({
      name: 'zonal_core_blocked',
      help: '1 while the core has us blocked (429) and nothing is sent',
      registers,
    }),
    credentialsLocked: new Counter({
      name: 'zonal_credentials_locked_total',
      help: 'Requests with unknown credentials that the core was not asked about, after too many wrong ones',
      registers,
    }),
    breakerState: new Gauge({
      name: 'zonal_core_breaker_state',
      help: 'Circuit breaker by operation: 0 closed, 1 half open, 2 open',
      labelNames: ['operation'] as const,
      registers,
    }),
    cacheReads: new Counter({
      name: 'zonal_cache_reads_total',
      help: 'Reads of the balance and venue caches by result (hit, miss, stale)',
      labelNames: ['cache', 'result'] as const,
      registers,
    }),
    rewardsLeftOut: new Counter({
      name: 'zonal_rewards_left_out_total',
      help: 'Coupons that are not shown: they cannot be read, no till can apply them (no entity code and no discount ID), or the list has more than 500',
      registers,
    }),
    coreUnreadFields: new Counter({
      name: 'zonal_core_unread_fields_total',
      help: "The core's replies of which a field could not be read and was left out, by operation and field",
      labelNames: ['operation', 'field'] as const,
      registers,
    }),
    journalCommitSeconds: new Histogram({
      name: 'zonal_journal_commit_duration_seconds',
      help: 'Time of one synced commit of the journal',
      buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 2.5],
      registers,
    }),
    journalFailures: new Counter({
      name: 'zonal_journal_failures_total',
      help: 'Journal commits that failed',
      registers,
    }),
    journalBytes: new Gauge({
      name: 'zonal_journal_bytes',
      help: 'Bytes of the journal that are in use',
      registers,
    }),
    journalMaxBytes: new Gauge({
      name: 'zonal_journal_max_bytes',
      help: 'JOURNAL_MAX_BYTES: above it debits, credits and tickets are refused, tickets from 90 % on',
      registers,
    }),
    journalWalBytes: new Gauge({
      name: 'zonal_journal_wal_bytes',
      help: "Bytes of the journal's write-ahead log; it grows while somebody reads without an end",
      registers,
    }),
    journalTrouble: new Gauge({
      name: 'zonal_journal_trouble',
      help: '1 while the journal has this trouble (lost, damaged, unwritable, full, log_too_long, nearly_full, dead_letters_full)',
      labelNames: ['kind'] as const,
      registers,
    }),
    clockJumps: new Counter({
      name: 'zonal_clock_jumps_total',
      help: "Jumps of the host's clock by five seconds or more; due times and keys have moved with it",
      registers,
    }),
    redemptions: new Gauge({
      name: 'zonal_redemptions',
      help: 'Redemptions that are not settled, by state: sent and perhaps under way, in_doubt and being undone, being_credited, stuck',
      labelNames: ['state'] as const,
      registers,
    }),
    oldestInDoubtSeconds: new Gauge({
      name: 'zonal_redemptions_oldest_in_doubt_seconds',
      help: 'Time for which the oldest redemption in doubt, or under a credit, is to be given back',
      registers,
    }),
    undos: new Counter({
      name: 'zonal_undos_total',
      help: 'Calls that undo a redemption in doubt or repeat a credit, by outcome (done, refused, not_done, unknown, seal_broken)',
      labelNames: ['outcome'] as const,
      registers,
    }),
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
      help: 'Bytes of the dead letters; from a tenth of JOURNAL_MAX_BYTES on no message is kept any more',
      registers,
    }),
    ticketsTaken: new Counter({
      name: 'zonal_tickets_taken_total',
      help: 'Tickets by what became of them (accepted, duplicate, without_card, dead_letter)',
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
    kafkaConnected: new Gauge({
      name: 'zonal_kafka_connected',
      help: '1 after a send or connect that worked, 0 after one that failed',
      registers,
    }),
  }
  beginAtZero(metrics, lanes)
  /** @returns the page that Prometheus reads */
  const page = async () => ({ contentType: registry.contentType, body: await registry.metrics() })
  return { ...metrics, page }
}

/** Prometheus sees no increase where a series begins above zero: the first error of its kind would never be noticed. */
function beginAtZero(metrics: Omit<Metrics, 'page'>, lanes: readonly string[]) {
  const messages = ['balance', 'debit', 'credit', 'ticket', 'none']
  for (const message of messages) {
    metrics.requestSeconds.zero({ message, code: 'INTERNAL_ERROR' })
    metrics.unanswered.inc({ message }, 0)
  }
  for (const direction of ['ahead', 'back']) metrics.ticketTimesImplausible.inc({ direction }, 0)
  for (const reason of endReasons) metrics.connectionsEnded.inc({ reason }, 0)
  for (const lane of lanes)
    for (const reason of ['no_slot', 'blocked', 'quiet_after_kill'])
      metrics.coreSlotRefusals.inc({ lane, reason }, 0)
  for (const cache of ['venue', 'balance'])
    for (const result of ['hit', 'miss', 'stale']) metrics.cacheReads.inc({ cache, result }, 0)
  for (const outcome of ['done', 'refused', 'not_done', 'unknown', 'seal_broken'])
    metrics.undos.inc({ outcome }, 0)
  for (const result of ['accepted', 'duplicate', 'without_card', 'dead_letter'])
    metrics.ticketsTaken.inc({ result }, 0)
  for (const outcome of ['done', 'failed']) metrics.kafkaSendSeconds.zero({ outcome })
}
