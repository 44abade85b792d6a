import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Kafka, logLevel } from 'kafkajs'
import { holdPort } from './held-ports.ts'
import { kafkaClassPath } from './kafka-jars.ts'
import { secureListener } from './kafka-tls.ts'
import { startWatchdog, type Watchdog } from './watchdog.ts'

type Properties = Record<string, string>
export type Broker = Awaited<ReturnType<typeof startBroker>>

/** A quick start and little memory matter more than speed. */
const jvm = [
  '-Xmx256m',
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
]

/**
 * A Kafka broker of its own on 127.0.0.1, with no topic and no automatic topics. It ends with this process, however
 * that ends.
 * @param options `port`: of its plain listener, else one of its own; `password`: a second listener is opened, with TLS
 * and SASL, for the user `adapter`; `properties`: of the server, above all others
 */
export async function startBroker(
  options: { port?: number; password?: string; properties?: Properties } = {},
) {
  const classPath = await kafkaClassPath()
  const dataDir = await mkdtemp(join(tmpdir(), 'kafka-'))
  // A broker's properties name its ports before it listens, and it needs the same ones after it was killed.
  const held = await Promise.all([holdPort(), holdPort(), holdPort()])
  const [plain, controller, secure] = held
  const brokers = [`127.0.0.1:${options.port ?? plain.port}`]
  const secureBrokers = [`127.0.0.1:${secure.port}`]
  const caFile = join(dataDir, 'ca.pem')

  const listeners = { PLAINTEXT: brokers.join(), CONTROLLER: `127.0.0.1:${controller.port}` }
  const secured = options.password ? await secureListener(dataDir, caFile, options.password) : undefined
  const properties = {
    ...serverProperties(secured ? { ...listeners, SECURE: secureBrokers.join() } : listeners, dataDir),
    ...secured,
    ...options.properties,
  }
  const java = (...args: string[]) => [...jvm, '-cp', classPath, ...args]
  const propertiesFile = await format(java, dataDir, properties, options.password)

  const watchdog = startWatchdog(dataDir, 'KILL')
  const run = () => runUntilReady(java('kafka.Kafka', propertiesFile), dataDir, brokers, watchdog)
  let server = await run()
  return {
    brokers,
    secureBrokers,
    caFile,
    pid: () => server.pid,
    /** As a power cut would end it: nothing is flushed or said. */
    kill9: () => end(server, 'SIGKILL'),
    /** On the same data and ports. */
    restart: async () => {
      await end(server, 'SIGTERM')
      server = await run()
    },
    stop: async () => {
      await end(server, 'SIGTERM')
      watchdog.dismiss()
      for (const { release } of held) release()
      await rm(dataDir, { recursive: true, force: true })
    },
    /** Lets this process end while the broker runs; the broker ends then. */
    unref: () => server.unref(),
  }
}

function serverProperties(listeners: Record<string, string>, dataDir: string): Properties {
  const addresses = Object.entries(listeners).map(([name, address]) => `${name}://${address}`)
  return {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.bootstrap.servers': listeners.CONTROLLER ?? '',
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SECURE:SASL_SSL',
    listeners: addresses.join(),
    'advertised.listeners': addresses.join(),
    'log.dirs': join(dataDir, 'log'),
    'auto.create.topics.enable': 'false',
    'offsets.topic.replication.factor': '1',
    'offsets.topic.num.partitions': '1',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'group.initial.rebalance.delay.ms': '0',
    // A broker that was killed is let in again when its old session has ended.
    'broker.session.timeout.ms': '1000',
    'broker.heartbeat.interval.ms': '200',
  }
}

/** @returns the file of the properties */
async function format(
  java: (...args: string[]) => string[],
  dataDir: string,
  properties: Properties,
  password: string | undefined,
): Promise<string> {
  const file = join(dataDir, 'server.properties')
  const lines = Object.entries(properties).map(([name, value]) => `${name}=${value}\n`)
  await writeFile(file, lines.join(''))
  // 16 bytes in base64url, never with a leading dash: what Kafka calls a random UUID.
  const clusterId = `k${randomBytes(16).toString('base64url').slice(1)}`
  const scram = password ? ['--add-scram', `SCRAM-SHA-512=[name=adapter,password=${password}]`] : []
  const args = ['format', '--standalone', '-t', clusterId, '-c', file, ...scram]
  await promisify(execFile)('java', java('kafka.tools.StorageTool', ...args))
  return file
}

/** @throws with the end of the server's output if it does not come up */
async function runUntilReady(
  args: string[],
  dataDir: string,
  brokers: string[],
  watchdog: Watchdog,
): Promise<ChildProcess> {
  const outputFile = join(dataDir, 'output.txt')
  const output = openSync(outputFile, 'a')
  const server = spawn('java', args, { stdio: ['ignore', output, output] })
  closeSync(output)
  watchdog.watch(server)

  const died = new AbortController()
  const isDead = once(server, 'exit', { signal: died.signal }).then(async () => {
    const said = await readFile(outputFile, 'utf8')
    throw new Error(`The Kafka broker ended at its start:\n${said.slice(-2000)}`)
  })
  await Promise.race([waitUntilReady(brokers), isDead])
  died.abort()
  return server
}

async function waitUntilReady(brokers: string[]) {
  const retry = { initialRetryTime: 100, multiplier: 1, factor: 0, maxRetryTime: 100, retries: 600 }
  const admin = new Kafka({ brokers, retry, logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  await admin.disconnect()
}

async function end(server: ChildProcess, signal: NodeJS.Signals) {
  if (server.exitCode !== null || server.signalCode !== null) return
  const gone = once(server, 'exit')
  server.kill(signal)
  await gone
}
