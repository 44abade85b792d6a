import { join } from 'node:path'

export type Properties = Record<string, string>

/** Where a node listens: for clients and other brokers, and as a controller. */
export type Addresses = { id: number; plain: string; controller: string }

/**
 * Of one node of a cluster. Each topic is on all nodes, and all but one must have what is acknowledged.
 * @param nodes all of the cluster
 * @param secure address of a second listener for clients
 */
export function nodeProperties(
  { id, plain, controller }: Addresses,
  { folder, nodes, secure }: { folder: string; nodes: Addresses[]; secure?: string | undefined },
): Properties {
  const listeners = [
    `PLAINTEXT://${plain}`,
    `CONTROLLER://${controller}`,
    ...(secure ? [`SECURE://${secure}`] : []),
  ].join()
  const replicas = String(nodes.length)
  const inSync = String(Math.max(1, nodes.length - 1))
  return {
    'process.roles': 'broker,controller',
    'node.id': String(id),
    'controller.quorum.voters': nodes.map((node) => `${node.id}@${node.controller}`).join(),
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SECURE:SASL_SSL',
    listeners,
    'advertised.listeners': listeners,
    'log.dirs': join(folder, 'log'),
    'auto.create.topics.enable': 'false',
    'default.replication.factor': replicas,
    'min.insync.replicas': inSync,
    'offsets.topic.replication.factor': replicas,
    'offsets.topic.num.partitions': '1',
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': inSync,
    'group.initial.rebalance.delay.ms': '0',
    // A broker that was killed is replaced, and let in again, when its old session has ended.
    'broker.session.timeout.ms': nodes.length === 1 ? '1000' : '2000',
    'broker.heartbeat.interval.ms': '200',
    // A broker that is back leads again what it led before, as in production, but there within five minutes.
    'leader.imbalance.check.interval.seconds': '1',
  }
}
