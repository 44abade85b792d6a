import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startCoreSimulator } from '../simulators/core.ts'
import { demoProject } from '../simulators/core/demo-project.ts'
import { recordedProject } from '../simulators/core/recorded-project.ts'
import { startAdapterProcess } from '../support/adapter-process.ts'
import { startBroker } from '../support/kafka-broker.ts'
import { followTopic, type Consumed } from '../support/kafka-consumer.ts'
import { createTopic } from '../support/kafka-topic.ts'
import { makeConsoleUser } from './console-user.ts'
import { startReplicas } from './replicas.ts'
import { watchJournal } from './wire/journal-watch.ts'
import { startTap } from './wire/tap.ts'
import { createWire, type Wire } from './wire/wire.ts'

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
    const consoleUser = await makeConsoleUser()
    const env = {
      CONSOLE_PORT: '0',
      CONSOLE_USERS: consoleUser.line,
      CORE_BASE_URL: core.url,
      KAFKA_BROKERS: broker?.brokers.join() ?? '',
      KAFKA_TOPIC: topic,
      LOG_LEVEL: 'info',
    }
    const logFileOf = (name: number | string) => join(dir, `adapter-${name}.log`)
    const started = replicas
      ? { logs: logFileOf('*'), ...(await startReplicas({ count: replicas, env, logFileOf, onEnd })) }
      : await startAlone(dir, env, onEnd)

    const wire = createWire()
    core.watch(wire.called)
    const journal = await watchJournal(started.journalEnv, wire)
    onEnd(journal.close)
    const tap = await startTap(started.url, wire)
    onEnd(tap.close)
    if (broker) onEnd(await followTopic(broker.brokers, topic, (record) => tellOfBill(wire, record)))

    return {
      core,
      ...started,
      /** Where tills are to send to: all that passes there is on the wire. */
      url: tap.url,
      wire,
      /** Of the first adapter; each has the same pages. */
      console: { url: started.adapters[0]!.consoleUrl!, ...consoleUser },
      waitingBills: journal.waiting,
      broker,
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

function tellOfBill(wire: Wire, record: Consumed) {
  wire.bill(record.headers.ce_subject ?? '', { kind: 'event', record })
}

async function startAlone(
  dir: string,
  env: Record<string, string>,
  onEnd: (end: () => Promise<unknown>) => void,
) {
  const logs = join(dir, 'adapter.log')
  const journalEnv = { JOURNAL_PATH: join(dir, 'journal.sqlite') }
  const adapter = await startAdapterProcess({ ...env, ...journalEnv }, { logFile: logs })
  onEnd(adapter.stop)
  return { adapters: [adapter], url: adapter.url, databaseUrl: undefined, journalEnv, logs }
}
