import { randomUUID } from 'node:crypto'
import { Kafka, logLevel, type KafkaMessage } from 'kafkajs'
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
