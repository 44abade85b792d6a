import type { SharedLease } from '../journal/shared.ts'
import { describeError, type Logger } from '../observability/logger.ts'
import type { Metrics } from '../observability/metrics.ts'
import type { Clock, Timers } from '../time/clock.ts'
import { createLoop } from '../time/loop.ts'

/** After a kill another replica has it within the sum of both. */
const leaseMs = 5_000
const keepEveryMs = 1_500
/** After leaving it to the others: long enough for each of them to ask twice. */
const restMs = 5_000
/** The holder trusts itself for less than the lease lasts, since another's begins when it ends. */
const trustedMs = 4_000

const name = 'relay'

type Deps = {
  lease: SharedLease
  clock: Clock
  timers: Timers
  log: Logger
  metrics: Pick<Metrics, 'relayActive'>
}

export type RelayLease = ReturnType<typeof createRelayLease>

/**
 * Of several replicas, one at a time publishes. Nothing depends on it for correctness: two that publish for a moment
 * send tickets twice, and consumers drop repeats.
 */
export function createRelayLease({ lease, clock, timers, log, metrics }: Deps) {
  let trustedUntilMs = -Infinity
  let restsUntilMs = -Infinity
  let taken = Promise.withResolvers<void>()
  const loop = createLoop({ timers, step: keep })
  const isHeld = () => clock.monotonicMs() < trustedUntilMs
  const rests = () => clock.monotonicMs() < restsUntilMs

  /** @returns ms until the next try */
  async function keep(): Promise<number> {
    if (rests()) return keepEveryMs
    const wasHeld = isHeld()
    const sinceMs = clock.monotonicMs()
    try {
      const kept = await lease.keep(name, leaseMs)
      // It may have been given back meanwhile.
      if (kept && rests()) await lease.giveBack(name)
      trustedUntilMs = kept && !rests() ? sinceMs + trustedMs : -Infinity
      if (kept && !wasHeld) log.info({ term: kept.term }, 'this replica publishes the tickets now')
    } catch (error) {
      if (wasHeld) log.warn({ error: describeError(error) }, 'the lease of the relay could not be kept')
    }
    metrics.relayActive.set(isHeld() ? 1 : 0)
    if (isHeld()) {
      taken.resolve()
      taken = Promise.withResolvers()
    }
    return keepEveryMs
  }

  async function giveBack() {
    if (!isHeld()) return
    trustedUntilMs = -Infinity
    metrics.relayActive.set(0)
    await lease.giveBack(name).catch(() => undefined)
  }

  return {
    start: loop.start,
    isHeld,

    /** Resolves once it is held. */
    async untilHeld(): Promise<void> {
      if (!isHeld()) await taken.promise
    },

    /** Lets another replica have it, for what this one cannot publish, and does not ask for it for a while. */
    async leaveToOthers(): Promise<void> {
      restsUntilMs = clock.monotonicMs() + restMs
      await giveBack()
    },

    /** Another replica can take it at once. To be called when nothing is published any more. */
    async stop(): Promise<void> {
      await loop.stop()
      await giveBack()
    },
  }
}
