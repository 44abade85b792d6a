import { readFileSync } from 'node:fs'
import {
  Kafka,
  Partitioners,
  logLevel,
  type PartitionerArgs,
  type Producer,
  type ProducerRecord,
  type SASLOptions,
} from 'kafkajs'
import type { Config } from '../config/config.ts'
import type { Logger } from '../observability/logger.ts'
import { inSpan, type Span } from '../model/span.ts'
import type { Metrics } from '../observability/metrics.ts'
import type { Tracing } from '../observability/tracing.ts'
import type { Timers } from '../time/clock.ts'
import { settlesWithin, within } from '../time/waiting.ts'
import type { Event } from './event.ts'

type Deps = {
  timers: Timers
  log: Logger
  metrics: Pick<Metrics, 'kafkaSendSeconds' | 'kafkaConnected'>
  tracing: Pick<Tracing, 'root'>
}
export type Publisher = ReturnType<typeof createPublisher>

const connectTimeoutMs = 3_000
/** How long the broker may wait for its in-sync replicas. Must be below `requestTimeoutMs`. */
const replicationTimeoutMs = 5_000
const requestTimeoutMs = 8_000
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

/** Where Kafka has a record. `offset` is a whole number, as text. */
export type Place = { topic: string; partition: number; offset: string }

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
  /** Whose turn of the list it is to be connected to first. A broker that works stays the first. */
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
      const record = { topic: config.topic, acks: -1, timeout: replicationTimeoutMs, messages: events }
      try {
        const sending = () => attempt((connected) => sendAll(connected, record))
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

/** `chosen`: the partition that it has chosen for each of its records, in their order. */
type WatchedProducer = Producer & { chosen: number[] }

/**
 * Of brokers that give the same address kafkajs sends to one, leaves out what others lead, and reports no failure
 * (tulios/kafkajs#1193).
 * @returns the place of each record
 * @throws if a partition is not acknowledged
 */
async function sendAll(producer: WatchedProducer, record: ProducerRecord): Promise<Place[]> {
  producer.chosen.length = 0
  const acknowledged = await producer.send(record)
  const partitions = new Set(producer.chosen)
  if (acknowledged.length < partitions.size)
    throw new Error(
      `Kafka acknowledged ${acknowledged.length} of ${partitions.size} partitions. Do all brokers have an address of their own?`,
    )
  const next = new Map(
    acknowledged.map(({ partition, baseOffset = '-1' }) => [partition, BigInt(baseOffset)]),
  )
  return producer.chosen.map((partition) => {
    const offset = next.get(partition) ?? -1n
    next.set(partition, offset + 1n)
    return { topic: record.topic, partition, offset: String(offset) }
  })
}

/** @returns makes a producer that begins with the broker of the list whose turn it is */
function producersOf(config: Config['tickets'], log: Logger): (turn: number) => WatchedProducer {
  const { brokers, clientId } = config
  // A copy, since kafkajs writes to it and the configuration is frozen.
  const sasl: SASLOptions | undefined = config.sasl && { ...config.sasl }
  const ssl = config.sslCaFile ? { ca: readFileSync(config.sslCaFile, 'utf8') } : config.ssl

  return (turn) => {
    const first = turn % brokers.length
    const kafka = new Kafka({
      brokers: [...brokers.slice(first), ...brokers.slice(0, first)],
      clientId,
      ssl,
      sasl,
      connectionTimeout: connectTimeoutMs,
      requestTimeout: requestTimeoutMs,
      // If kafkajs repeats by itself it loses records: those whose new leader has already answered for other partitions
      // count as sent (tulios/kafkajs#1303). A repeat could also overtake a request to another broker.
      retry: { retries: 0 },
      logLevel: logLevel.WARN,
      logCreator:
        () =>
        ({ namespace, log: entry }) =>
          log.debug({ kafkajs: namespace, broker: entry.broker }, entry.message),
    })
    const chosen: number[] = []
    // Chooses the same partition for a key as Java's producers do (murmur2).
    const choose = Partitioners.DefaultPartitioner()
    const createPartitioner = () => (record: PartitionerArgs) => {
      const partition = choose(record)
      chosen.push(partition)
      return partition
    }
    const producer = kafka.producer({ allowAutoTopicCreation: false, createPartitioner })
    return Object.assign(producer, { chosen })
  }
}

function findRefusal(error: unknown): string | undefined {
  const type = error instanceof Error && 'type' in error ? error.type : undefined
  return typeof type === 'string' && refusals.has(type) ? type : undefined
}

function noAnswer(): Error {
  return new Error(`Kafka did not answer within ${attemptDeadlineMs} ms`)
}
