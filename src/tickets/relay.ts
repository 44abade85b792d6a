import type { Journal } from '../journal/journal.ts'
import type { WaitingTicket } from '../journal/stored-tickets.ts'
import { describeError, type Logger } from '../observability/logger.ts'
import type { Metrics } from '../observability/metrics.ts'
import type { Timers } from '../time/clock.ts'
import { createLoop } from '../time/loop.ts'
import { settlesWithin, sleep } from '../time/waiting.ts'
import { cutIntoBatches, type Outgoing } from './batches.ts'
import { toEvent, type Event } from './event.ts'
import { EventRefused, type Publisher } from './publisher.ts'

type Deps = {
  journal: Pick<Journal, 'waitingTickets' | 'markPublished' | 'buryTicket'>
  publisher: Pick<Publisher, 'connect' | 'send'>
  /** Slug of the venue's custom parameter in TRIFFT. */
  venueParameter: string
  timers: Timers
  log: Logger
  metrics: Pick<Metrics, 'ticketsPublished'>
}
export type Relay = ReturnType<typeof createRelay>

const mostAtOnce = 100
/** Nobody waits for Kafka: tickets that come one by one gather so long and go together. */
const gatherMs = 50
/** For tickets that another process wrote, such as a dead letter sent again. */
const lookEveryMs = 5_000
const firstBackoffMs = 100
const longestBackoffMs = 5_000

/**
 * Takes tickets from the journal to Kafka: the only publisher, oldest first, one send in flight, so that the tickets
 * of a card stay in order. Each reaches Kafka at least once, or the dead letters.
 */
export function createRelay({ journal, publisher, venueParameter, timers, log, metrics }: Deps) {
  let bell = Promise.withResolvers<void>()
  let hasConnected = false
  const loop = createLoop({ timers, step })

  /** @returns ms to wait for more tickets */
  async function step(): Promise<number> {
    if (!hasConnected) await untilDone('connecting to Kafka', () => publisher.connect())
    hasConnected = true
    // Before the look: a ticket that comes after it must ring.
    bell = Promise.withResolvers()
    const waiting = await untilDone('reading tickets', () => journal.waitingTickets(mostAtOnce))
    if (waiting.length === 0) await settlesWithin(timers, lookEveryMs, bell.promise)
    else await publish(waiting)
    return waiting.length < mostAtOnce ? gatherMs : 0
  }

  async function publish(waiting: WaitingTicket[]) {
    const outgoing = waiting.map((ticket) => ({
      eventId: ticket.eventId,
      event: makeEvent(ticket, venueParameter),
    }))
    for (const batch of cutIntoBatches(outgoing)) await publishBatch(batch)
  }

  /** What Kafka refuses is sent again in halves, the first one first, until it is clear which ticket is to blame. */
  async function publishBatch(batch: Outgoing[]) {
    if (loop.stopping.aborted) return
    try {
      await send(batch)
    } catch (error) {
      if (!(error instanceof EventRefused)) throw error
      const [first] = batch
      if (first && batch.length === 1) return await bury(first.eventId, error.message)
      const half = Math.ceil(batch.length / 2)
      await publishBatch(batch.slice(0, half))
      await publishBatch(batch.slice(half))
    }
  }

  async function bury(eventId: string, reason: string) {
    log.error({ eventId, reason }, 'ticket can never be published; kept as a dead letter')
    await untilDone('burying a ticket', () => journal.buryTicket(eventId, reason))
  }

  /** @throws EventRefused if one of them can never be published */
  async function send(batch: Outgoing[]) {
    const events = batch.map(({ event }) => {
      if (!event) throw new EventRefused('EVENT_CANNOT_BE_MADE')
      return event
    })
    await untilDone('publishing tickets', () => publisher.send(events))
    // Until this is written they would be sent again, so nothing else is done before.
    const eventIds = batch.map(({ eventId }) => eventId)
    await untilDone('marking tickets as published', () => journal.markPublished(eventIds))
    metrics.ticketsPublished.inc(batch.length)
  }

  /** Repeats for ever; what gets out is a refusal for good, and an AbortError when the relay stops. */
  async function untilDone<T>(what: string, action: () => Promise<T>): Promise<T> {
    for (let failures = 0; ; failures++) {
      try {
        const result = await action()
        if (failures > 0) log.info({ failures }, `${what} works again`)
        return result
      } catch (error) {
        if (error instanceof EventRefused) throw error
        if (failures === 0)
          log.warn({ error: describeError(error) }, `${what} failed; repeated until it works`)
        await sleep(timers, backoffMs(failures), loop.stopping)
      }
    }
  }

  return {
    /** Connects and publishes in the background; needs neither Kafka nor the journal to be there. */
    start: loop.start,

    /** A ticket is waiting. Never shortens a backoff. */
    wake(): void {
      bell.resolve()
    },

    /** Ends after the send that is under way, and its mark. What still waits stays in the journal. Safe to call twice. */
    async stop(): Promise<void> {
      const stopped = loop.stop()
      bell.resolve()
      await stopped
    },
  }
}

/** A ticket that an older version wrote may not fit: refused like one that Kafka refuses, it holds up nobody. */
function makeEvent(ticket: WaitingTicket, venueParameter: string): Event | undefined {
  try {
    return toEvent(ticket, { venueParameter })
  } catch {
    return undefined
  }
}

function backoffMs(failures: number): number {
  return Math.min(longestBackoffMs, firstBackoffMs * 2 ** failures) * (0.5 + Math.random() / 2)
}
