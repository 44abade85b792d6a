import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startCoreSimulator } from '../simulators/core.ts'
import { startAdapterProcess } from '../support/adapter-process.ts'
import { startBroker } from '../support/kafka-broker.ts'
import { createTopic } from '../support/kafka-topic.ts'

export const topic = 'loyalty.zonal.tickets.v1'

export type World = Awaited<ReturnType<typeof startWorld>>

/**
 * The adapter as a process of its own, a simulated core, and a real Kafka if it is asked for; on free ports.
 * @throws Error if a part does not start; the others have ended then
 */
export async function startWorld(withKafka: boolean) {
  const dir = await mkdtemp(join(tmpdir(), 'zonal-sandbox-'))
  const removeFiles = () => rm(dir, { recursive: true, force: true })
  const ends: (() => Promise<unknown>)[] = []
  const endAll = async () => {
    for (const end of ends.toReversed()) await end()
  }

  try {
    const core = await startCoreSimulator()
    ends.push(core.close)
    const broker = withKafka ? await startBroker() : undefined
    if (broker) {
      ends.push(broker.stop)
      await createTopic(broker.brokers, { name: topic, partitions: 3 })
    }
    const logFile = join(dir, 'adapter.log')
    const env = {
      CORE_BASE_URL: core.url,
      JOURNAL_PATH: join(dir, 'journal.sqlite'),
      KAFKA_BROKERS: broker?.brokers.join() ?? '',
      KAFKA_TOPIC: topic,
      LOG_LEVEL: 'info',
    }
    const adapter = await startAdapterProcess(env, { logFile })
    ends.push(adapter.stop)

    return {
      core,
      adapter,
      brokers: broker?.brokers,
      logFile,
      /** @param keepFiles so that someone can look why it went wrong */
      async stop(keepFiles: boolean) {
        await endAll()
        if (!keepFiles) await removeFiles()
      },
    }
  } catch (error) {
    await endAll()
    await removeFiles()
    throw error
  }
}
