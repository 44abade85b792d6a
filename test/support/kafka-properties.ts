import { randomBytes } from 'node:crypto'
import { join } from 'node:path'

export type Properties = Record<string, string>

/** Where a node listens: for clients and other brokers, and as a controller. */
export type Addresses = { id: number; plain: string; controller: string }

/** One more listener for clients. */
export type Listener = { name: 'SECURE' | 'COMMON'; address: string; advertised: string }

/**
 * Of one node of a cluster. Each topic is on all nodes, and all but one must have what is acknowledged.
 * @param cluster `folder`: of this node; `nodes`: all of them; `listener`: one more of this node
 */
export function nodeProperties(
  { id, plain, controller }: Addresses,
  { folder, nodes, listener }: { folder: string; nodes: Addresses[]; listener?: Listener | undefined },
): Properties {
  const internal = [`PLAINTEXT://${plain}`, `CONTROLLER://${controller}`]
  const replicas = String(nodes.length)
  const inSync = String(Math.max(1, nodes.length - 1))
  return {
    'process.roles': 'broker,controller',
    'node.id': String(id),
    'controller.quorum.voters': nodes.map((node) => `${node.id}@${node.controller}`).join(),
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'listener.security.protocol.map':
      'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SECURE:SASL_SSL,COMMON:PLAINTEXT',
    listeners: [...internal, ...(listener ? [`${listener.name}://${listener.address}`] : [])].join(),
    'advertised.listeners': [
      ...internal,
      ...(listener ? [`${listener.name}://${listener.advertised}`] : []),
    ].join(),
    'log.dirs': join(folder, 'log'),
    'auto.create.topics.enable': 'false',
    'default.replication.factor': replicas,
    'min.insync.replicas': inSync,
    'offsets.topic.replication.factor': replicas,
    'offsets.topic.num.partitions': '1',
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': inSync,
    'group.initial.rebalance.delay.ms': '0',
    // A broker that was killed is replaced, and admitted again, when its old session has ended.
    'broker.session.timeout.ms': nodes.length === 1 ? '1000' : '2000',
    'broker.heartbeat.interval.ms': '200',
    // A broker that is back soon leads again what it led before. By default that takes up to five minutes.
    'leader.imbalance.check.interval.seconds': '1',
  }
}

/** @returns 16 bytes in base64url without a leading dash, which Kafka calls a random UUID */
export function makeUuid(): string {
  return `k${randomBytes(16).toString('base64url').slice(1)}`
}
