import type { Config } from '../config/config.ts'
import type { Logger } from '../observability/logger.ts'
import { inSpan, type Span } from '../model/span.ts'
import type { Metrics } from '../observability/metrics.ts'
import type { Tracing } from '../observability/tracing.ts'
import type { Timers } from '../time/clock.ts'
import { settlesWithin, within } from '../time/waiting.ts'
import type { Event } from './event.ts'
import { producersOf, requestTimeoutMs, sendAll, type Place, type WatchedProducer } from './producer.ts'

type Deps = {
  timers: Timers
  log: Logger
  metrics: Pick<Metrics, 'kafkaSendSeconds' | 'kafkaConnected'>
  tracing: Pick<Tracing, 'root'>
}
export type Publisher = ReturnType<typeof createPublisher>

/** kafkajs itself waits for ever for the answer to a SASL handshake. */
const attemptDeadlineMs = 15_000
/** While connected, kafkajs sets a timer every millisecond (tulios/kafkajs#1751), and networks drop idle connections. */
const idleMs = 10_000

/** With these errors Kafka refuses records for good. Everything else may work later, whatever kafkajs calls retriable. */
const refusals: ReadonlySet<string> = new Set([
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_RECORD',
])

/** Kafka will never accept at least one of these events. */
export class EventRefused extends Error {
  override name = 'EventRefused'
}

/**
 * Sends to one topic, which must exist. Nothing is repeated here: the caller repeats, and after a failure on a new
 * connection, so that the old attempt has ended by then. A refusal is not a failure of the connection.
 */
export function createPublisher(config: Config['tickets'], { timers, log, metrics, tracing }: Deps) {
  const createProducer = producersOf(config, log)
  let producer: WatchedProducer | undefined
  /** Whether the last send or connect worked. */
  let isConnected = false
  /** Which broker of the list to connect to first: stays the same as long as it works. */
  let turn = 0
  let cancelIdle: (() => void) | undefined

  async function hangUp() {
    cancelIdle?.()
    const old = producer
    producer = undefined
    // kafkajs ends a connection once its requests are settled.
    if (old) await settlesWithin(timers, requestTimeoutMs, old.disconnect())
  }

  function setConnected(hasWorked: boolean) {
    isConnected = hasWorked
    metrics.kafkaConnected.set(hasWorked ? 1 : 0)
  }

  function onAnswer() {
    setConnected(true)
    cancelIdle = timers.after(idleMs, () => void hangUp())
  }

  async function attempt<T>(action: (connected: WatchedProducer) => Promise<T>): Promise<T> {
    cancelIdle?.()
    producer ??= createProducer(turn)
    const connected = producer
    const connectAndAct = async () => {
      await connected.connect()
      // If connecting takes longer than its deadline, the next attempt is already sending the same.
      if (producer !== connected) throw new Error('Kafka connection was given up')
      return await action(connected)
    }
    try {
      const result = await within(timers, attemptDeadlineMs, connectAndAct(), noAnswer)
      onAnswer()
      return result
    } catch (error) {
      const refusal = findRefusal(error)
      if (refusal) {
        // Another broker may still be accepting its part of these events. If they are sent to it again they are a repeat,
        // which stays behind the first on the same connection.
        onAnswer()
        throw new EventRefused(refusal, { cause: error })
      }
      await hangUp()
      turn++
      setConnected(false)
      throw error
    }
  }

  /** A batch belongs to no ticket's trace, and points to all of them. */
  function beginSpan(events: Event[]): Span {
    const tickets = events.flatMap(({ headers: { traceparent } }) => traceparent ?? [])
    const span = tracing.root(`publish ${config.topic}`, 'client', tickets)
    span.set({
      'messaging.system': 'kafka',
      'messaging.destination.name': config.topic,
      'messaging.batch.message_count': events.length,
    })
    return span
  }

  return {
    /** @throws what kafkajs says; it may work later */
    connect: () => attempt(async () => undefined),

    /**
     * Sends all events, in their order for each key; resolves when all in-sync replicas have them, with the place of each.
     * @throws EventRefused if Kafka will never accept one of them; it may have accepted others
     * @throws anything else if it may work later; Kafka may have accepted some
     */
    async send(events: Event[]): Promise<Place[]> {
      const stopTimer = metrics.kafkaSendSeconds.startTimer()
      try {
        const sending = () => attempt((connected) => sendAll(connected, config.topic, events))
        const places = await inSpan(beginSpan(events), sending)
        stopTimer({ outcome: 'done' })
        return places
      } catch (error) {
        stopTimer({ outcome: 'failed' })
        throw error
      }
    },

    /** @returns whether the last send or connect worked; false before the first */
    isConnected: () => isConnected,

    /** Safe to call twice. */
    close: hangUp,
  }
}

function findRefusal(error: unknown): string | undefined {
  const type = error instanceof Error && 'type' in error ? error.type : undefined
  return typeof type === 'string' && refusals.has(type) ? type : undefined
}

function noAnswer(): Error {
  return new Error(`Kafka did not answer within ${attemptDeadlineMs} ms`)
}
