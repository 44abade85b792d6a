import { Counter, Gauge, Histogram, type Registry } from '@prometheus-io/client'

/** Calls to the core: their budget, breakers and caches. `lanes` are the budget's. */
export function createCoreMetrics(registers: Registry[], lanes: readonly string[]) {
  const metrics = {
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
      help: 'Calls that got no slot and were not sent, by lane and reason (no_slot, blocked, quiet_after_kill, journal_away)',
      labelNames: ['lane', 'reason'] as const,
      registers,
    }),
    coreSlotsLimit: new Gauge({
      name: 'zonal_core_slots_limit',
      help: "CORE_RATE_LIMIT: slots of the core's budget; 0 if there is no limit",
      registers,
    }),
    coreSlotsTaken: new Gauge({
      name: 'zonal_core_slots_taken',
      help: "Slots of the core's budget in use, of CORE_RATE_LIMIT; if each key has its own, of the fullest",
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
  }
  for (const lane of lanes)
    for (const reason of ['no_slot', 'blocked', 'quiet_after_kill', 'journal_away'])
      metrics.coreSlotRefusals.inc({ lane, reason }, 0)
  for (const cache of ['venue', 'balance'])
    for (const result of ['hit', 'miss', 'stale']) metrics.cacheReads.inc({ cache, result }, 0)
  return metrics
}
