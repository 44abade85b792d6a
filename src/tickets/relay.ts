import { setImmediate as tillsTurn } from 'node:timers/promises'
import { JournalKeyMissing, type Journal } from '../journal/journal.ts'
import type { WaitingTicket } from '../journal/stored-tickets.ts'
import { describeError, type Logger } from '../observability/logger.ts'
import type { Metrics } from '../observability/metrics.ts'
import type { Timers } from '../time/clock.ts'
import { createLoop } from '../time/loop.ts'
import { settlesWithin, sleep } from '../time/waiting.ts'
import { cutIntoBatches, type Outgoing } from './batches.ts'
import { toEvent, type Event } from './event.ts'
import type { RelayLease } from './lease.ts'
import type { Place } from './producer.ts'
import { EventRefused, type Publisher } from './publisher.ts'

type Deps = {
  journal: Pick<Journal, 'waitingTickets' | 'markPublished' | 'moveToDeadLetters'>
  publisher: Pick<Publisher, 'connect' | 'send'>
  /** Undefined if no other replica publishes. */
  lease?: Pick<RelayLease, 'isHeld' | 'untilHeld' | 'leaveToOthers'> | undefined
  /** Slug of the venue's custom parameter in TRIFFT. */
  venueParameter: string
  /** Told of the tickets that Kafka has. */
  onPublished?: ((tickets: ({ eventId: string } & Place)[]) => void) | undefined
  timers: Timers
  log: Logger
  metrics: Pick<Metrics, 'ticketsPublished'>
}

/** Of a backlog. More at once are hardly faster, and tills wait while they are opened, encoded and marked. */
const maxAtOnce = 50
/** Between two batches of a backlog, so that tills get their turn: what they wait for comes in several steps. */
const restMs = 2
/** Nobody waits for Kafka, so tickets that arrive within this time are sent together. */
const gatherMs = 50
/** For tickets that another process wrote: a dead letter sent again by a command, or what other replicas accept. */
const lookEveryMs = { alone: 5_000, withOthers: 1_000 }
const firstBackoffMs = 100
const maxBackoffMs = 5_000

/**
 * Brings tickets from the journal to Kafka. It is the only publisher, oldest first and with one send in flight, so that the
 * tickets of a card stay in order. Each ticket reaches Kafka at least once, or becomes a dead letter.
 */
export function createRelay(deps: Deps) {
  const { journal, publisher, lease, venueParameter, onPublished, timers, log, metrics } = deps
  let wakeUp = Promise.withResolvers<void>()
  const stopped = Promise.withResolvers<void>()
  let hasConnected = false
  let isLeaving = false
  const loop = createLoop({ timers, step })

  /** @returns ms to wait for more tickets */
  async function step(): Promise<number> {
    if (!hasConnected) await untilDone('connecting to Kafka', () => publisher.connect())
    hasConnected = true
    if (lease) await Promise.race([lease.untilHeld(), stopped.promise])
    if (loop.stopping.aborted) return 0
    try {
      return await publishWaiting()
    } catch (error) {
      if (!lease || !(error instanceof JournalKeyMissing)) throw error
      if (!isLeaving) log.warn({ error: describeError(error) }, 'tickets are left to other replicas')
      isLeaving = true
      await lease.leaveToOthers()
      return 0
    }
  }

  /** @returns as `step`. @throws JournalKeyMissing if other replicas have to publish what comes next */
  async function publishWaiting(): Promise<number> {
    // Before reading, so that a ticket accepted meanwhile ends the wait.
    wakeUp = Promise.withResolvers()
    const waiting = await untilDone('reading tickets', () => journal.waitingTickets(maxAtOnce))
    const isBacklog = waiting.length === maxAtOnce
    isLeaving = false
    if (waiting.length === 0)
      await settlesWithin(timers, lookEveryMs[lease ? 'withOthers' : 'alone'], wakeUp.promise)
    else await publish(waiting)
    return isBacklog ? restMs : gatherMs
  }

  async function publish(waiting: WaitingTicket[]) {
    await tillsTurn()
    const outgoing = waiting.map((ticket) => ({
      eventId: ticket.eventId,
      event: makeEvent(ticket, venueParameter),
    }))
    await tillsTurn()
    for (const batch of cutIntoBatches(outgoing)) await publishBatch(batch)
  }

  /** A refused batch is sent again in halves, the first half first, until the ticket that Kafka refuses is alone. */
  async function publishBatch(batch: Outgoing[]) {
    if (loop.stopping.aborted || lease?.isHeld() === false) return
    try {
      await send(batch)
    } catch (error) {
      if (!(error instanceof EventRefused)) throw error
      const [first] = batch
      if (first && batch.length === 1) return await moveToDeadLetters(first.eventId, error.message)
      const half = Math.ceil(batch.length / 2)
      await publishBatch(batch.slice(0, half))
      await publishBatch(batch.slice(half))
    }
  }

  async function moveToDeadLetters(eventId: string, reason: string) {
    log.error({ eventId, reason }, 'ticket can never be published; kept as a dead letter')
    await untilDone('moving a ticket to the dead letters', () => journal.moveToDeadLetters(eventId, reason))
  }

  /** @throws EventRefused if Kafka will never accept one of them */
  async function send(batch: Outgoing[]) {
    const events = batch.map(({ event }) => {
      if (!event) throw new EventRefused('EVENT_CANNOT_BE_MADE')
      return event
    })
    const places = await untilDone('publishing tickets', () => publisher.send(events))
    // Nothing else is done before this is written, since until then they would be sent again.
    const eventIds = batch.map(({ eventId }) => eventId)
    await untilDone('marking tickets as published', () => journal.markPublished(eventIds))
    metrics.ticketsPublished.inc(batch.length)
    onPublished?.(places.map((place, at) => ({ eventId: eventIds[at]!, ...place })))
  }

  /**
   * Repeats until it works.
   * @throws EventRefused; JournalKeyMissing if other replicas may have the key; an AbortError when the relay stops
   */
  async function untilDone<T>(what: string, action: () => Promise<T>): Promise<T> {
    for (let failures = 0; ; failures++) {
      try {
        const result = await action()
        if (failures > 0) log.info({ failures }, `${what} works again`)
        return result
      } catch (error) {
        if (error instanceof EventRefused || (lease && error instanceof JournalKeyMissing)) throw error
        if (failures === 0)
          log.warn({ error: describeError(error) }, `${what} failed; repeated until it works`)
        await sleep(timers, backoffMs(failures), loop.stopping)
      }
    }
  }

  return {
    /** Connects and publishes in the background. Neither Kafka nor the journal has to be available yet. */
    start: loop.start,

    /** Says that a ticket is waiting. Does not shorten a backoff. */
    wake(): void {
      wakeUp.resolve()
    },

    /** Ends once the send under way is done and marked. What still waits stays in the journal. Safe to call twice. */
    async stop(): Promise<void> {
      const ended = loop.stop()
      wakeUp.resolve()
      stopped.resolve()
      await ended
    },
  }
}

/** @returns undefined for a ticket that an older version wrote and that does not fit: it is treated like a refused one */
function makeEvent(ticket: WaitingTicket, venueParameter: string): Event | undefined {
  try {
    return toEvent(ticket, { venueParameter })
  } catch {
    return undefined
  }
}

function backoffMs(failures: number): number {
  return Math.min(maxBackoffMs, firstBackoffMs * 2 ** failures) * (0.5 + Math.random() / 2)
}
