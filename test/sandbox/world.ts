import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startCoreSimulator } from '../simulators/core.ts'
import { startAdapterProcess } from '../support/adapter-process.ts'
import { startBroker } from '../support/kafka-broker.ts'
import { createTopic } from '../support/kafka-topic.ts'

export const topic = 'loyalty.zonal.tickets.v1'

export type World = Awaited<ReturnType<typeof startWorld>>

/** The adapter as a process of its own, a simulated core, and a real Kafka where it is asked for; on free ports. */
export async function startWorld(withKafka: boolean) {
  const dir = await mkdtemp(join(tmpdir(), 'zonal-sandbox-'))
  const logFile = join(dir, 'adapter.log')
  const core = await startCoreSimulator()
  const broker = withKafka ? await startBroker() : undefined
  if (broker) await createTopic(broker.brokers, { name: topic, partitions: 3 })

  const env = {
    CORE_BASE_URL: core.url,
    JOURNAL_PATH: join(dir, 'journal.sqlite'),
    KAFKA_BROKERS: broker?.brokers.join() ?? '',
    KAFKA_TOPIC: topic,
    LOG_LEVEL: 'info',
  }
  const removeFiles = () => rm(dir, { recursive: true, force: true })
  const stopOthers = async () => {
    await broker?.stop()
    await core.close()
  }
  const adapter = await startAdapterProcess(env, { logFile }).catch(async (error: unknown) => {
    await stopOthers()
    await removeFiles()
    throw error
  })

  return {
    core,
    adapter,
    brokers: broker?.brokers,
    logFile,
    /** @param keepFiles so that someone can look why it went wrong */
    async stop(keepFiles: boolean) {
      await adapter.stop()
      await stopOthers()
      if (!keepFiles) await removeFiles()
    },
  }
}
