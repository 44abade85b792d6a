import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startCoreSimulator } from '../simulators/core.ts'
import { demoProject } from '../simulators/core/demo-project.ts'
import { recordedProject } from '../simulators/core/recorded-project.ts'
import { startAdapterProcess } from '../support/adapter-process.ts'
import { startBroker } from '../support/kafka-broker.ts'
import { createTopic } from '../support/kafka-topic.ts'
import { startReplicas } from './replicas.ts'

export const topic = 'loyalty.zonal.tickets.v1'

export type World = Awaited<ReturnType<typeof startWorld>>

/**
 * The adapter as a process of its own, a simulated core, and a real Kafka if it is asked for; on free ports.
 * @param options `replicas`: so many adapters on a real PostgreSQL instead of one with a file
 * @throws Error if a part does not start; the others have ended then
 */
export async function startWorld({ kafka, replicas }: { kafka: boolean; replicas?: number }) {
  const dir = await mkdtemp(join(tmpdir(), 'zonal-sandbox-'))
  const removeFiles = () => rm(dir, { recursive: true, force: true })
  const ends: (() => Promise<unknown>)[] = []
  const onEnd = (end: () => Promise<unknown>) => void ends.push(end)
  const endAll = async () => {
    for (const end of ends.toReversed()) await end()
  }

  try {
    const core = await startCoreSimulator({ projects: [demoProject(Date.now()), recordedProject()] })
    onEnd(core.close)
    const broker = kafka ? await startBroker() : undefined
    if (broker) {
      onEnd(broker.stop)
      await createTopic(broker.brokers, { name: topic, partitions: 3 })
    }
    const env = {
      CORE_BASE_URL: core.url,
      KAFKA_BROKERS: broker?.brokers.join() ?? '',
      KAFKA_TOPIC: topic,
      LOG_LEVEL: 'info',
    }
    const logFileOf = (name: number | string) => join(dir, `adapter-${name}.log`)
    const started = replicas
      ? { logs: logFileOf('*'), ...(await startReplicas({ count: replicas, env, logFileOf, onEnd })) }
      : await startAlone(dir, env, onEnd)

    return {
      core,
      ...started,
      /** Of the first, if there are several. */
      managementUrl: started.adapters[0]!.managementUrl,
      brokers: broker?.brokers,
      /** @param keepFiles so that a failure can be looked into */
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

async function startAlone(
  dir: string,
  env: Record<string, string>,
  onEnd: (end: () => Promise<unknown>) => void,
) {
  const logs = join(dir, 'adapter.log')
  const adapter = await startAdapterProcess(
    { ...env, JOURNAL_PATH: join(dir, 'journal.sqlite') },
    { logFile: logs },
  )
  onEnd(adapter.stop)
  return { adapters: [adapter], url: adapter.url, databaseUrl: undefined, logs }
}
