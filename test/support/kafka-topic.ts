import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { Kafka, logLevel, type Admin, type KafkaJSProtocolError } from 'kafkajs'

export type Partition = { leader: number; isr: number[] }

/**
 * Makes a topic that is ready to be written to.
 * @param topic `config`: topic settings such as `max.message.bytes`
 * @returns its name, a new one if none is given
 */
export async function createTopic(
  brokers: string[],
  topic: { name?: string; partitions?: number; config?: Record<string, string> } = {},
): Promise<string> {
  const name = topic.name ?? `tickets-${randomUUID()}`
  const configEntries = Object.entries(topic.config ?? {}).map(([name, value]) => ({ name, value }))
  await withAdmin(brokers, async (admin) => {
    await admin.createTopics({
      // kafkajs fails if a broker has not heard of the topic yet.
      waitForLeaders: false,
      topics: [{ topic: name, numPartitions: topic.partitions ?? 1, configEntries }],
    })
    await untilServed(admin, name)
  })
  return name
}

const notServedYet = ['UNKNOWN_TOPIC_OR_PARTITION', 'LEADER_NOT_AVAILABLE', 'NOT_LEADER_FOR_PARTITION']

/** A broker calls itself the leader of a new partition a moment before it serves as one. */
async function untilServed(admin: Admin, topic: string) {
  while (!(await isServed(admin, topic))) await pause(20)
}

async function isServed(admin: Admin, topic: string): Promise<boolean> {
  try {
    await admin.fetchTopicOffsets(topic)
    return true
  } catch (error) {
    const { type } = ((error as Error).cause ?? error) as KafkaJSProtocolError
    if (notServedYet.includes(type)) return false
    throw error
  }
}

/** @returns for each partition the ids of its leader and of the replicas in sync */
export async function partitionsOf(brokers: string[], topic: string): Promise<Partition[]> {
  const { topics } = await withAdmin(brokers, (admin) => admin.fetchTopicMetadata({ topics: [topic] }))
  const partitions = topics[0]?.partitions ?? []
  return partitions.toSorted((one, other) => one.partitionId - other.partitionId)
}

/** Waits for a change of leaders or of the replicas in sync. */
export async function untilPartitions(
  brokers: string[],
  topic: string,
  areSo: (partitions: Partition[]) => boolean,
): Promise<void> {
  while (!areSo(await partitionsOf(brokers, topic))) await pause(50)
}

/** Waits until all brokers of a cluster have all that a topic holds. */
export function untilInSync(brokers: string[], topic: string): Promise<void> {
  return untilPartitions(brokers, topic, (all) => all.every(({ isr }) => isr.length === brokers.length))
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
