import { holdPort, type HeldPort } from './held-ports.ts'
import { makeFolder, startBroker } from './kafka-broker.ts'
import { startNode, type KafkaNode } from './kafka-node.ts'
import { makeUuid, nodeProperties } from './kafka-properties.ts'

/** One broker or three. */
export type RunningKafka = { brokers: string[]; nodes: KafkaNode[]; stop: () => Promise<void> }
export type Cluster = Awaited<ReturnType<typeof startCluster>>

const ids = [1, 2, 3]

/**
 * @param brokers how many, as somebody has typed it: 1 or 3
 * @param options `port`: as `startBroker` and `startCluster` have it
 * @throws if it is another number
 */
export async function startKafka(brokers: string, options: { port?: number } = {}): Promise<RunningKafka> {
  if (brokers === '1') return startBroker(options)
  if (brokers === '3') return startCluster(options)
  throw new Error(`--brokers must be 1 or 3, not ${brokers}`)
}

/** @throws if no broker has that id */
export function nodeOf({ nodes }: Pick<RunningKafka, 'nodes'>, id: number): KafkaNode {
  const found = nodes.find((node) => node.id === id)
  if (!found) throw new Error(`There is no broker ${id}`)
  return found
}

/**
 * Three Kafka brokers on 127.0.0.1, each a process of its own that is also a controller. Their topics have three replicas
 * and `min.insync.replicas=2`: one broker may be lost. They end with this process, however that ends.
 * @param options `port`: of the first broker, and the next two of the others; else each has one of its own
 */
export async function startCluster(options: { port?: number } = {}) {
  const clusterId = makeUuid()
  const held: HeldPort[] = []
  const hold = async () => {
    const port = await holdPort()
    held.push(port)
    return `127.0.0.1:${port.port}`
  }
  const addresses = await Promise.all(
    ids.map(async (id, index) => ({
      id,
      plain: options.port ? `127.0.0.1:${options.port + index}` : await hold(),
      controller: await hold(),
      common: await hold(),
    })),
  )
  const commonAddress = addresses.at(-1)?.common ?? ''

  const nodes = await Promise.all(
    addresses.map(async (node) => {
      const folder = await makeFolder()
      const listener = { name: 'COMMON', address: node.common, advertised: commonAddress } as const
      const properties = nodeProperties(node, { folder, nodes: addresses, listener })
      return startNode({
        id: node.id,
        address: node.plain,
        folder,
        properties,
        clusterId,
      })
    }),
  )
  return {
    brokers: addresses.map(({ plain }) => plain),
    nodes,
    /** Where the last one listens; all of them give this as their address to clients that ask there. */
    commonAddress,
    /** Starts the brokers that are down again. */
    heal: async () => {
      await Promise.all(nodes.filter((node) => !node.isRunning()).map((node) => node.restart()))
    },
    stop: async () => {
      await Promise.all(nodes.map((node) => node.remove()))
      for (const { release } of held) release()
    },
  }
}
