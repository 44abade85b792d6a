import { EventEmitter, once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { createMessageReader, createSqlReader } from './postgres-messages.ts'

/** A proxy on 127.0.0.1 between clients and PostgreSQL that counts connections and records queries: each is a round trip. */
export async function startCountingProxy(databaseUrl: string) {
  const target = new URL(databaseUrl)
  const sockets = new Set<Socket>()
  const clients = new Set<Socket>()
  const queries: string[] = []
  const asked = new EventEmitter()
  let lastAtMs = performance.now()
  const listener = createServer({ noDelay: true }, (client) => {
    const server = connect({ host: target.hostname, port: Number(target.port), noDelay: true })
    const read = createMessageReader('client')
    const sqlOf = createSqlReader()
    client.on('data', (piece) => {
      for (const message of read(piece)) {
        const sql = sqlOf(message)
        if (sql === undefined) continue
        queries.push(sql)
        lastAtMs = performance.now()
        asked.emit('asked')
      }
    })
    clients.add(client)
    client.on('close', () => clients.delete(client))
    for (const socket of [client, server]) {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => sockets.delete(socket))
    }
    client.pipe(server).pipe(client)
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const { port } = listener.address() as AddressInfo
  return {
    /** The same database, through the proxy. */
    url: Object.assign(new URL(databaseUrl), { host: `127.0.0.1:${port}` }).href,
    /** All queries so far. */
    queries,
    /** Of clients, as they are now. */
    connections: clients,
    /** Resolves once such a statement was sent so often. */
    async whenAsked(statement: RegExp, times: number) {
      while (queries.filter((sql) => statement.test(sql)).length < times) await once(asked, 'asked')
    },
    /** Resolves once nothing has been asked for so long. */
    async whenQuiet(ms: number) {
      for (let leftMs = ms; leftMs > 0; leftMs = lastAtMs + ms - performance.now())
        await new Promise((resolve) => setTimeout(resolve, leftMs))
    },
    stop() {
      listener.close()
      sockets.forEach((socket) => socket.destroy())
    },
  }
}
