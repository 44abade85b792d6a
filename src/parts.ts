import type { Config } from './config/config.ts'
import { openDiary } from './diary/open.ts'
import { createReports } from './health.ts'
import { createHousekeeping } from './journal/housekeeping.ts'
import { openJournal } from './journal/open.ts'
import { createMaskId } from './loyalty/mask-ids.ts'
import { createLoyalty } from './loyalty/loyalty.ts'
import { createTurns } from './loyalty/turns.ts'
import { createKeyedHash } from './model/keys.ts'
import type { Logger } from './observability/logger.ts'
import { createMetrics } from './observability/metrics.ts'
import { createTracing } from './observability/tracing.ts'
import { createReversals } from './reversals/reversals.ts'
import { createPublisher } from './tickets/publisher.ts'
import { createRelayLease } from './tickets/lease.ts'
import { createRelay } from './tickets/relay.ts'
import type { Clock, Timers } from './time/clock.ts'
import { createBalances } from './trifft/balances.ts'
import { createBudget } from './trifft/budget/budget.ts'
import { lanes } from './trifft/budget/lanes.ts'
import { createCoreClient } from './trifft/client.ts'
import { createVenues } from './trifft/venues.ts'

type Deps = { log: Logger; clock: Clock; timers: Timers; version: string }

/**
 * Builds everything but the ports: what answers messages, and what runs in the background.
 *
 * @throws StorageUnavailable, JournalInUse, JournalKeyMissing if the journal cannot be used
 */
export async function createParts(config: Config, { log, clock, timers, version }: Deps) {
  const metrics = createMetrics(lanes)
  const tracing = await createTracing(config.tracing, { version, log, metrics })
  const journal = await openJournal(config.journal, { clock, log, metrics })
  const deps = { journal, clock, timers, log, metrics, tracing }
  const housekeeping = createHousekeeping(deps)
  const hashCard = createKeyedHash(config.journal.cardHashKey)
  const diary = await openDiary(config, { ...deps, hashCard })
  const budget = createBudget(config.core, deps)
  const core = createCoreClient(config.core, { ...deps, budget })
  const venues = createVenues(config.core, { ...deps, client: core })
  const balances = createBalances(config.core, { ...deps, client: core })
  const publisher = config.tickets.brokers.length > 0 ? createPublisher(config.tickets, deps) : undefined
  const { venueParameter } = config.core
  const { sharedLease } = journal
  const lease = publisher && sharedLease && createRelayLease({ ...deps, lease: sharedLease })
  if (publisher && !lease) metrics.relayActive.set(1)
  const relay =
    publisher && createRelay({ ...deps, publisher, lease, venueParameter, onPublished: diary?.keepPublished })
  const turns = createTurns(timers)
  const maskId = createMaskId(hashCard)
  const reversals = createReversals({ ...deps, core, balances, turns, maskId, onUndo: diary?.keepUndo })
  const loyalty = createLoyalty({
    ...deps,
    turns,
    core,
    venues,
    balances,
    hashCard,
    maskId,
    wakeRelay: () => relay?.wake(),
    ticketsWithoutCard: config.tickets.withoutCard,
  })
  const reports = createReports({
    ...deps,
    breakers: core.states,
    budget: budget.stats,
    publisher,
    lease,
    isTraced: tracing.isOn,
    version,
  })
  return {
    metrics,
    hashCard,
    loyalty,
    reports,
    core,
    budget,
    journal,
    tracing,
    housekeeping,
    reversals,
    publisher,
    relay,
    lease,
    diary,
  }
}
