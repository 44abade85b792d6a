import { readFileSync } from 'node:fs'
import { Kafka, Partitioners, logLevel, type PartitionerArgs, type Producer, type SASLOptions } from 'kafkajs'
import type { Config } from '../config/config.ts'
import type { Logger } from '../observability/logger.ts'
import type { Event } from './event.ts'

const connectTimeoutMs = 3_000
/** How long the broker may wait for its in-sync replicas. Must be below `requestTimeoutMs`. */
const replicationTimeoutMs = 5_000
export const requestTimeoutMs = 8_000

/** Where Kafka has a record. `offset` is a whole number, as text. */
export type Place = { topic: string; partition: number; offset: string }

/** `chosen`: the partition that it has chosen for each of its records, in their order. */
export type WatchedProducer = Producer & { chosen: number[] }

/**
 * Sends all of them at once, and waits until all in-sync replicas have them.
 *
 * @returns the place of each record
 * @throws what kafkajs says; Error if a partition is not acknowledged: of brokers that give the same address kafkajs sends
 *   to one, leaves out what others lead, and reports no failure (tulios/kafkajs#1193)
 */
export async function sendAll(producer: WatchedProducer, topic: string, messages: Event[]): Promise<Place[]> {
  producer.chosen.length = 0
  const acknowledged = await producer.send({ topic, acks: -1, timeout: replicationTimeoutMs, messages })
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
    return { topic, partition, offset: String(offset) }
  })
}

/** @returns makes a producer that begins with the broker of the list whose turn it is */
export function producersOf(config: Config['tickets'], log: Logger): (turn: number) => WatchedProducer {
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
