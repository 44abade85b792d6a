import { readFileSync } from 'node:fs'
import { Kafka, Partitioners, logLevel, type Producer, type SASLOptions } from 'kafkajs'
import type { Config } from '../config/config.ts'
import type { Logger } from '../observability/logger.ts'
import type { Metrics } from '../observability/metrics.ts'
import type { Timers } from '../time/clock.ts'
import { settlesWithin, within } from '../time/waiting.ts'
import type { Event } from './event.ts'

type Deps = { timers: Timers; log: Logger; metrics: Pick<Metrics, 'kafkaSendSeconds' | 'kafkaConnected'> }
export type Publisher = ReturnType<typeof createPublisher>

const connectTimeoutMs = 3_000
/** How long the broker may wait for its in-sync replicas; must end before `requestTimeoutMs`. */
const replicationTimeoutMs = 5_000
const requestTimeoutMs = 8_000
/** kafkajs knows no limit for a SASL handshake that nobody answers. */
const attemptDeadlineMs = 15_000
/** A connected kafkajs re-arms a 1 ms timer for ever (tulios/kafkajs#1751), and networks drop idle connections. */
const idleMs = 10_000

/** Kafka says that these records can never be taken. All else may work later, whatever kafkajs calls retriable. */
const refusals: ReadonlySet<string> = new Set([
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_RECORD',
])

/** At least one of these events can never be taken. */
export class EventRefused extends Error {
  override name = 'EventRefused'
}

/**
 * Sends to one topic, which must exist. Nothing is repeated here, and after a failure the connection is made anew:
 * the caller repeats, and an old attempt is over before it can. A refusal is no failure of the connection.
 */
export function createPublisher(config: Config['tickets'], { timers, log, metrics }: Deps) {
  const createProducer = producersOf(config, log)
  let producer: Producer | undefined
  /** Whether the last send or connect worked. */
  let isConnected = false
  let cancelIdle: (() => void) | undefined

  async function hangUp() {
    cancelIdle?.()
    const old = producer
    producer = undefined
    // kafkajs ends a connection when its requests are settled.
    if (old) await settlesWithin(timers, requestTimeoutMs, old.disconnect())
  }

  function note(hasWorked: boolean) {
    isConnected = hasWorked
    metrics.kafkaConnected.set(hasWorked ? 1 : 0)
  }

  function noteAnswer() {
    note(true)
    cancelIdle = timers.after(idleMs, () => void hangUp())
  }

  async function attempt(action: (connected: Producer) => Promise<unknown>) {
    cancelIdle?.()
    producer ??= createProducer()
    const connected = producer
    const connectAndAct = async () => {
      await connected.connect()
      // A connection that comes after its deadline must not send what is being sent by the next one.
      if (producer !== connected) throw new Error('Kafka connection was given up')
      await action(connected)
    }
    try {
      await within(timers, attemptDeadlineMs, connectAndAct(), noAnswer)
      noteAnswer()
    } catch (error) {
      const refusal = findRefusal(error)
      if (refusal) {
        // Another broker may still be taking its part of the same events: what is sent again is a repeat then, which its
        // connection keeps behind the first.
        noteAnswer()
        throw new EventRefused(refusal, { cause: error })
      }
      await hangUp()
      note(false)
      throw error
    }
  }

  return {
    /** @throws what kafkajs says; it may work later */
    connect: () => attempt(async () => undefined),

    /**
     * All events, in their order for each key, acknowledged by all in-sync replicas.
     * @throws EventRefused where one of them can never be taken; others of the same call may have been
     * @throws anything else where it may work later; some may have been taken
     */
    async send(events: Event[]): Promise<void> {
      const stopTimer = metrics.kafkaSendSeconds.startTimer()
      const record = { topic: config.topic, acks: -1, timeout: replicationTimeoutMs, messages: events }
      try {
        await attempt((connected) => connected.send(record))
        stopTimer({ outcome: 'done' })
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

/** A producer for each attempt to connect, each starting from the next broker of the list. */
function producersOf(config: Config['tickets'], log: Logger): () => Producer {
  const { brokers, clientId } = config
  // A copy: kafkajs writes into it, and the configuration is frozen.
  const sasl: SASLOptions | undefined = config.sasl && { ...config.sasl }
  const ssl = config.sslCaFile ? { ca: readFileSync(config.sslCaFile, 'utf8') } : config.ssl
  let turn = 0

  return () => {
    const first = turn++ % brokers.length
    const kafka = new Kafka({
      brokers: [...brokers.slice(first), ...brokers.slice(0, first)],
      clientId,
      ssl,
      sasl,
      connectionTimeout: connectTimeoutMs,
      requestTimeout: requestTimeoutMs,
      // A repeat inside kafkajs can overtake a request to another broker that is still under way.
      retry: { retries: 0 },
      logLevel: logLevel.WARN,
      logCreator:
        () =>
        ({ namespace, log: entry }) =>
          log.debug({ kafkajs: namespace, broker: entry.broker }, entry.message),
    })
    return kafka.producer({
      allowAutoTopicCreation: false,
      // The same partition for a key as Java's producers choose (murmur2).
      createPartitioner: Partitioners.DefaultPartitioner,
    })
  }
}

function findRefusal(error: unknown): string | undefined {
  const type = error instanceof Error && 'type' in error ? error.type : undefined
  return typeof type === 'string' && refusals.has(type) ? type : undefined
}

function noAnswer(): Error {
  return new Error(`Kafka did not answer within ${attemptDeadlineMs} ms`)
}
