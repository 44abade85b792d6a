import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { Kafka, logLevel, type Consumer, type KafkaMessage } from 'kafkajs'
import { countRecords } from './kafka-topic.ts'

export type Consumed = {
  partition: number
  offset: number
  key: string
  value: string
  headers: Record<string, string>
}

/**
 * Reads a topic from its beginning, as a consumer sees it; in order within each partition.
 * @param until asked after each record; without it, all that the topic holds at this moment is read
 */
export async function readTopic(
  brokers: string[],
  topic: string,
  until?: (records: Consumed[]) => boolean,
): Promise<Consumed[]> {
  const count = until ? undefined : await countRecords(brokers, topic)
  if (count === 0) return []
  const isDone = until ?? ((records) => records.length === count)

  const records: Consumed[] = []
  const done = Promise.withResolvers<void>()
  let isOver = false
  const consumer = new Kafka({ brokers, logLevel: logLevel.NOTHING }).consumer({
    groupId: `test-${randomUUID()}`,
    // Its end waits for requests to brokers that have nothing more.
    maxWaitTimeInMs: 100,
    // One that crashes while it is disconnected would start again, and run for as long as this process.
    retry: { retries: 5, restartOnFailure: async () => !isOver },
  })
  // A broker that has just started answers for a while that it loads its groups. kafkajs then reads from the beginning.
  consumer.on('consumer.crash', ({ payload }) => {
    if (!payload.restart) done.reject(payload.error)
    records.length = 0
  })
  await consumer.connect()
  try {
    await consumer.subscribe({ topic, fromBeginning: true })
    await consumer.run({
      autoCommit: false,
      eachMessage: async ({ partition, message }) => {
        records.push(toConsumed(partition, message))
        if (isDone(records)) done.resolve()
      },
    })
    await done.promise
  } finally {
    isOver = true
    await consumer.disconnect()
  }
  return records
}

/**
 * Passes on each record of a topic once, from its beginning, until it is stopped. It goes on after a broker was away.
 * @returns stops it
 */
export async function followTopic(
  brokers: string[],
  topic: string,
  onRecord: (record: Consumed) => void,
): Promise<() => Promise<void>> {
  /** A consumer that starts anew reads from the beginning. */
  const nextOffsets = new Map<number, number>()
  let isOver = false
  let isRestarted: Promise<void> = Promise.resolve()
  let consumer: Consumer | undefined
  await start()

  /** In a new group: the broker would wait half a minute for the members that the old one had. */
  async function start() {
    const retry = { initialRetryTime: 100, retries: 2, restartOnFailure: async () => false }
    const kafka = new Kafka({ brokers, logLevel: logLevel.NOTHING })
    const started = kafka.consumer({ groupId: `follow-${randomUUID()}`, maxWaitTimeInMs: 100, retry })
    consumer = started
    try {
      await started.connect()
      await started.subscribe({ topic, fromBeginning: true })
      // Before it runs: a broker that still loads its groups lets it crash at once, of which `run` says nothing.
      started.on('consumer.crash', () => {
        isRestarted = startAgain(started)
      })
      await started.run({ autoCommit: false, eachMessage: async (each) => passOn(each) })
    } catch (error) {
      await started.disconnect()
      throw error
    }
  }

  async function startAgain(crashed: Consumer) {
    await crashed.disconnect()
    while (!isOver)
      try {
        return await start()
      } catch {
        await pause(200) // the broker is still away
      }
  }

  function passOn({ partition, message }: { partition: number; message: KafkaMessage }) {
    const record = toConsumed(partition, message)
    if (record.offset < (nextOffsets.get(partition) ?? 0)) return
    nextOffsets.set(partition, record.offset + 1)
    onRecord(record)
  }

  return async () => {
    isOver = true
    await isRestarted
    await consumer?.disconnect()
  }
}

function toConsumed(partition: number, message: KafkaMessage): Consumed {
  const headers = Object.entries(message.headers ?? {}).map(([name, value]) => [name, String(value)])
  return {
    partition,
    offset: Number(message.offset),
    key: String(message.key),
    value: String(message.value),
    headers: Object.fromEntries(headers),
  }
}
