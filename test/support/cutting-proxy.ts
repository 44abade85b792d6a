import { once } from 'node:events'
import { createServer } from 'node:net'
import { holdPort } from './held-ports.ts'
import {
  proxyConnection,
  swallowAll,
  type Conditions,
  type Fault,
  type Moment,
  type ProxiedConnection,
} from './proxied-connection.ts'

/** For `onNext`: alone, or the last of several statements in one query. */
export const commit = /(^|;)\s*COMMIT\b/i

export type CuttingProxy = Awaited<ReturnType<typeof startCuttingProxy>>

/**
 * A proxy on 127.0.0.1 between clients and PostgreSQL that breaks their connections on command. It reads the messages,
 * so it refuses TLS. It expects clients that send a query only after the answer to the one before, as pg does.
 */
export async function startCuttingProxy(databaseUrl: string) {
  let target = new URL(databaseUrl)
  // While connections are refused, the system could give another program a port that it chose itself.
  const { port, release } = await holdPort()
  const conditions: Conditions = { delayMs: 0 }
  const connections = new Set<ProxiedConnection>()
  let isSwallowing = false

  const listener = createServer({ noDelay: true }, (client) => {
    const connection = isSwallowing ? swallowAll(client) : proxyConnection(client, target, conditions)
    connections.add(connection)
    void connection.ended.then(() => connections.delete(connection))
  })
  const listen = async () => {
    listener.listen(port, '127.0.0.1')
    await once(listener, 'listening')
  }
  const cut = () => connections.forEach((connection) => connection.cut())

  await listen()
  return {
    /** The same database, through the proxy. */
    url: Object.assign(new URL(databaseUrl), { host: `127.0.0.1:${port}` }).href,
    /** Resets all connections. */
    cut,
    /** From now on nothing gets through, on open and on new connections, and neither side gets an error. */
    swallow() {
      isSwallowing = true
      connections.forEach((connection) => connection.swallow())
    },
    /** From now on every answer comes this much later. */
    delay(ms: number) {
      conditions.delayMs = ms
    },
    /** From now on whoever connects reaches another server, as after a failover. */
    pointTo(otherUrl: string) {
      target = new URL(otherUrl)
    },
    /** From now on nobody can connect. */
    refuse() {
      listener.close()
    },
    /**
     * Breaks the connection that runs such a statement next. `after` does not count a statement that fails or is rolled
     * back: it waits for the next one.
     * @param behind what the same transaction must have run before
     * @returns once it is broken
     */
    onNext: (statement: RegExp, moment: Moment, fault: Fault, behind = /^/) =>
      new Promise<void>((happened) => {
        conditions.breakage = { statement, moment, fault, behind, happened }
      }),
    /** Undoes all commands. What was swallowed stays lost: those connections are reset. */
    async heal() {
      conditions.breakage = undefined
      conditions.delayMs = 0
      isSwallowing = false
      connections.forEach((connection) => connection.isBroken() && connection.cut())
      if (!listener.listening) await listen()
    },
    stop() {
      cut()
      listener.close()
      release()
    },
  }
}
