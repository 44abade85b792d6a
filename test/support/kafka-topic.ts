import { randomUUID } from 'node:crypto'
import { Kafka, logLevel, type Admin } from 'kafkajs'

/**
 * Makes a topic that is ready to be written to.
 * @param topic `config`: topic settings such as `max.message.bytes`
 * @returns its name, a new one where none is given
 */
export async function createTopic(
  brokers: string[],
  topic: { name?: string; partitions?: number; config?: Record<string, string> } = {},
): Promise<string> {
  const name = topic.name ?? `tickets-${randomUUID()}`
  const configEntries = Object.entries(topic.config ?? {}).map(([name, value]) => ({ name, value }))
  await withAdmin(brokers, (admin) =>
    admin.createTopics({ topics: [{ topic: name, numPartitions: topic.partitions ?? 1, configEntries }] }),
  )
  return name
}

/** @returns how many records a topic holds */
export async function countRecords(brokers: string[], topic: string): Promise<number> {
  const partitions = await withAdmin(brokers, (admin) => admin.fetchTopicOffsets(topic))
  return partitions.reduce((sum, { high, low }) => sum + Number(high) - Number(low), 0)
}

export async function listTopics(brokers: string[]): Promise<string[]> {
  return withAdmin(brokers, (admin) => admin.listTopics())
}

async function withAdmin<T>(brokers: string[], action: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = new Kafka({ brokers, logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  try {
    return await action(admin)
  } finally {
    await admin.disconnect()
  }
}
