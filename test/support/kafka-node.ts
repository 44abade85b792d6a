import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync } from 'node:fs'
import { copyFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { Kafka, logLevel } from 'kafkajs'
import { folderOf, kafkaClassPath } from './kafka-jars.ts'
import { makeUuid, type Properties } from './kafka-properties.ts'
import { startWatchdog, type Watchdog } from './watchdog.ts'

export type KafkaNode = Awaited<ReturnType<typeof startNode>>

type Place = {
  id: number
  /** Of its plain listener. */
  address: string
  /** Of its own, for data and output; removed with the node. */
  folder: string
}

/** A quick start and little memory matter more than speed. */
const jvm = [
  '-Xmx256m',
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
]
const startTimeoutMs = 60_000

/**
 * One Kafka process, broker and controller at once. It ends with this process, however that ends. Nodes of a cluster are
 * started together, since none gets ready alone.
 * @param scram a user, as the tool that formats its data wants it
 * @throws with the end of its output if it does not get ready
 */
export async function startNode(
  place: Place & { properties: Properties; clusterId: string; scram?: string },
) {
  const { id, address, folder, properties, clusterId, scram } = place
  const classPath = await kafkaClassPath()
  const java = (...args: string[]) => [...jvm, '-cp', classPath, ...args]
  const file = join(folder, 'server.properties')
  await writeProperties(file, properties)
  const format = ['kafka.tools.StorageTool', 'format', '-c', file, '-t', clusterId]
  const formatted = properties['log.dirs']!
  if (scram || !(await isFormatted(formatted, id, clusterId))) {
    await promisify(execFile)('java', java(...format, ...(scram ? ['--add-scram', scram] : [])))
    if (!scram) await keepFormat(formatted)
  }

  const watchdog = startWatchdog(folder, 'KILL')
  const run = () => runUntilReady(java('kafka.Kafka', file), place, watchdog)
  let server = await run()
  return {
    id,
    address,
    pid: () => server.pid,
    isRunning: () => isRunning(server),
    /** Like a power cut: nothing is flushed or announced. */
    kill9: () => end(server, 'SIGKILL'),
    /** As an operator stops it: first it hands over what it leads. */
    shutDown: () => end(server, 'SIGTERM'),
    /** On the same data and ports. */
    restart: async () => {
      await end(server, 'SIGTERM')
      server = await run()
    },
    /** Ends it and removes its data. */
    remove: async () => {
      await end(server, 'SIGKILL')
      watchdog.dismiss()
      await rm(folder, { recursive: true, force: true })
    },
    /** Lets this process end while the node runs; the node ends then. */
    unref: () => server.unref(),
  }
}

/** What the tool writes is the same for all nodes, but for the ids. To run it takes a second of CPU. */
const bootstrap = 'bootstrap.checkpoint'

/** @returns false if the tool has never been run on this machine */
async function isFormatted(folder: string, id: number, clusterId: string): Promise<boolean> {
  const kept = join(folderOf('kafka_2.13'), bootstrap)
  if (!existsSync(kept)) return false
  await mkdir(folder)
  await copyFile(kept, join(folder, bootstrap))
  const ids = { version: 1, 'node.id': id, 'cluster.id': clusterId, 'directory.id': makeUuid() }
  await writeProperties(join(folder, 'meta.properties'), ids)
  return true
}

async function keepFormat(folder: string) {
  const kept = join(folderOf('kafka_2.13'), bootstrap)
  const copy = `${kept}.${process.pid}`
  await copyFile(join(folder, bootstrap), copy)
  await rename(copy, kept)
}

async function writeProperties(file: string, properties: Record<string, string | number>) {
  const lines = Object.entries(properties).map(([name, value]) => `${name}=${value}\n`)
  await writeFile(file, lines.join(''))
}

async function runUntilReady(args: string[], place: Place, watchdog: Watchdog): Promise<ChildProcess> {
  const outputFile = join(place.folder, 'output.txt')
  const output = openSync(outputFile, 'a')
  const server = spawn('java', args, { stdio: ['ignore', output, output] })
  closeSync(output)
  watchdog.watch(server)

  const lastMs = performance.now() + startTimeoutMs
  while (!(await isMember(place))) {
    if (isRunning(server) && performance.now() < lastMs) await pause(100)
    else {
      await end(server, 'SIGKILL')
      const said = await readFile(outputFile, 'utf8')
      throw new Error(`The Kafka broker did not start:\n${said.slice(-2000)}`)
    }
  }
  return server
}

/** @returns whether it answers, and calls itself a broker of its cluster */
async function isMember({ id, address }: Place): Promise<boolean> {
  const admin = new Kafka({ brokers: [address], retry: { retries: 0 }, logLevel: logLevel.NOTHING }).admin()
  try {
    await admin.connect()
    const { brokers } = await admin.describeCluster()
    return brokers.some(({ nodeId }) => nodeId === id)
  } catch {
    return false
  } finally {
    await admin.disconnect()
  }
}

async function end(server: ChildProcess, signal: NodeJS.Signals) {
  if (!isRunning(server)) return
  const gone = once(server, 'exit')
  server.kill(signal)
  await gone
}

function isRunning(server: ChildProcess): boolean {
  return server.exitCode === null && server.signalCode === null
}
