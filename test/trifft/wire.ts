import { once } from 'node:events'
import http from 'node:http'
import type net from 'node:net'
import type { CoreHttp } from '../../src/trifft/http.ts'
import { apiKey, coreParts, exchangeWith, failureOf, order } from './setup.ts'

type Handler = (request: http.IncomingMessage, response: http.ServerResponse) => void

/** The result of a debit, and how many requests arrived, if the core behaves like `handler`. */
export async function debitAgainst(handler: Handler) {
  await using server = await listen(http.createServer(handler))
  const { client, clock } = coreParts({ CORE_BASE_URL: `http://127.0.0.1:${server.port}/v1` })
  const failure = await failureOf(client.takePoints({ ...order, points: 200 }, exchangeWith(clock)))
  await client.close()
  return { failure, requests: server.requests() }
}

/**
 * The result of a debit if the core does not answer in time: `handler` is called in each tenth of it, first at once.
 */
export async function lateDebitAgainst(handler: (response: http.ServerResponse) => unknown) {
  const core = http.createServer()
  await using server = await listen(core)
  const { client, clock } = coreParts({ CORE_BASE_URL: `http://127.0.0.1:${server.port}`, ...shortDeadline })
  const arrived = once(core, 'request') as Promise<[http.IncomingMessage, http.ServerResponse]>
  const failed = failureOf(client.takePoints({ ...order, points: 200 }, exchangeWith(clock)))
  const [, response] = await arrived
  for (let tenth = 0; tenth < 10; tenth++) {
    await handler(response)
    await clock.pass(deadlineMs / 10)
  }
  const failure = await failed
  await client.close()
  return failure
}

/** The result of a debit, and what its log line says, with a core at this address. */
export async function debitAt(baseUrl: string) {
  const { client, clock } = coreParts({ CORE_BASE_URL: baseUrl })
  const exchange = exchangeWith(clock)
  const failure = await failureOf(client.takePoints({ ...order, points: 200 }, exchange))
  await client.close()
  return { failure, fact: exchange.facts.coreCalls[0] }
}

/** Listens on a free port of 127.0.0.1; at the end its connections are destroyed. */
export async function listen<S extends net.Server>(server: S) {
  let requests = 0
  const sockets = new Set<net.Socket>()
  server.on('connection', (socket) => {
    if (server.listening) sockets.add(socket)
    else socket.destroy()
  })
  server.on('request', () => requests++)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as net.AddressInfo
  return {
    port,
    requests: () => requests,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

export const deadlineMs = 100
export const shortDeadline = { CORE_REDEMPTION_DEADLINE_MS: String(deadlineMs) }

export function send(wire: CoreHttp, deadlineMs: number) {
  return wire.send({ operation: 'takePoints', method: 'POST', path: '/', apiKey, body: {}, deadlineMs })
}
