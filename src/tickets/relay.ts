import { setTimeout as pause } from 'node:timers/promises'
import type { Journal, WaitingTicket } from '../journal/journal.ts'
import { describeError, type Logger } from '../observability/logger.ts'
import type { Metrics } from '../observability/metrics.ts'
import { toEvent, type Event } from './event.ts'
import { EventRefused, type Publisher } from './publisher.ts'

type Dependencies = {
  journal: Pick<Journal, 'waitingTickets' | 'markPublished' | 'buryTicket'>
  publisher: Pick<Publisher, 'connect' | 'send'>
  /** Slug of the venue's custom parameter in TRIFFT. */
  venueParameter: string
  log: Logger
  metrics: Pick<Metrics, 'ticketsPublished'>
}
export type Relay = ReturnType<typeof createRelay>

const batchSize = 100
/** Nobody waits for Kafka: tickets that come one by one gather so long and go together. */
const gatherMs = 50
/** For tickets that another process wrote, such as a dead letter sent again. */
const heartbeatMs = 5_000
const firstBackoffMs = 100
const longestBackoffMs = 5_000

/**
 * Takes tickets from the journal to Kafka: the only publisher, oldest first, one send in flight, so that the tickets
 * of a card stay in order. Each reaches Kafka at least once, or the dead letters.
 */
export function createRelay({ journal, publisher, venueParameter, log, metrics }: Dependencies) {
  const stopping = new AbortController()
  const { signal } = stopping
  let bell = Promise.withResolvers<void>()
  let heartbeat: NodeJS.Timeout | undefined
  let running: Promise<void> | undefined

  async function run() {
    await untilDone('connecting to Kafka', () => publisher.connect())
    while (!signal.aborted) {
      // Before the look: a ticket that comes after it must ring.
      bell = Promise.withResolvers()
      const waiting = await untilDone('reading tickets', () => journal.waitingTickets(batchSize))
      if (waiting.length === 0) await bell.promise
      else await publish(waiting)
      if (waiting.length < batchSize) await pause(gatherMs, undefined, { signal })
    }
  }

  async function publish(waiting: WaitingTicket[]) {
    try {
      await send(waiting)
    } catch (error) {
      if (!(error instanceof EventRefused)) throw error
      for (const ticket of waiting) if (!signal.aborted) await publishAlone(ticket)
    }
  }

  async function publishAlone(ticket: WaitingTicket) {
    try {
      await send([ticket])
    } catch (error) {
      if (!(error instanceof EventRefused)) throw error
      const { eventId } = ticket
      log.error({ eventId, reason: error.message }, 'ticket can never be published; kept as a dead letter')
      await untilDone('burying a ticket', () => journal.buryTicket(eventId, error.message))
    }
  }

  /** @throws EventRefused where one of them can never be published */
  async function send(waiting: WaitingTicket[]) {
    const events = waiting.map((ticket) => makeEvent(ticket, venueParameter))
    await untilDone('publishing tickets', () => publisher.send(events))
    // Until this is written they would be sent again, so nothing else is done before.
    const eventIds = waiting.map(({ eventId }) => eventId)
    await untilDone('marking tickets as published', () => journal.markPublished(eventIds))
    metrics.ticketsPublished.inc(waiting.length)
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
        await pause(backoffMs(failures), undefined, { signal })
      }
    }
  }

  return {
    /** Connects and publishes in the background; needs neither Kafka nor the journal to be there. */
    start(): void {
      heartbeat = setInterval(() => bell.resolve(), heartbeatMs).unref()
      running = run().catch((error: unknown) => {
        if (!signal.aborted) throw error
      })
    },

    /** A ticket is waiting. Never shortens a backoff. */
    wake(): void {
      bell.resolve()
    },

    /** Ends after the send that is under way, and its mark. What still waits stays in the journal. Twice is harmless. */
    async stop(): Promise<void> {
      clearInterval(heartbeat)
      stopping.abort()
      bell.resolve()
      await running
    },
  }
}

/** A ticket that an older version wrote may not fit: refused like one that Kafka refuses, it holds up nobody. */
function makeEvent(ticket: WaitingTicket, venueParameter: string): Event {
  try {
    return toEvent(ticket, { venueParameter })
  } catch (error) {
    throw new EventRefused('EVENT_CANNOT_BE_MADE', { cause: error })
  }
}

function backoffMs(failures: number): number {
  return Math.min(longestBackoffMs, firstBackoffMs * 2 ** failures) * (0.5 + Math.random() / 2)
}
