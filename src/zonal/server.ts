import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import {
  STATUS_CODES,
  ServerResponse,
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
} from 'node:http'
import type { Socket } from 'node:net'
import { Refusal } from '../loyalty/refusal.ts'
import { replyRefusal, type ReplySettings } from './replies.ts'

/** A till that has not sent its whole message by then has long given up waiting for the answer. */
const requestTimeoutMs = 10_000
/** Longer than an ingress keeps its idle connections, so that it is never us who closes one under a request. */
const keepAliveTimeoutMs = 75_000

/** The listener for tills. What is no HTTP at all, or asks for what is not spoken here, is answered in the till's shape too. */
export function createTillServer(
  listener: RequestListener,
  settings: ReplySettings & { basePath: string },
): Server {
  const server = createServer(
    {
      requestTimeout: requestTimeoutMs,
      headersTimeout: requestTimeoutMs,
      keepAliveTimeout: keepAliveTimeoutMs,
      // Node looks every 30 s.
      connectionsCheckingInterval: 1_000,
      // Node would refuse it with an empty answer; `refuseBrokenHttp` has one in the till's shape.
      requireHostHeader: false,
    },
    listener,
  )
  server.on('checkExpectation', listener)
  server.on('connect', (request: IncomingMessage, socket: Socket) => {
    answerTunnel(request, socket, settings.basePath, listener)
  })
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) return socket.destroy()
    socket.end(unreadableAnswer(settings))
  })
  return server
}

/**
 * Resolves when the last answer has left. Node waits without an end for a connection that has not sent a whole request,
 * and stops its own watch over them.
 *
 * @param withinMs by then whatever was begun has its answer
 */
export async function closeServer(server: Server, withinMs: number): Promise<void> {
  if (!server.listening) return
  const closed = once(server, 'close')
  server.close()
  const timer = setTimeout(() => server.closeAllConnections(), withinMs)
  await closed
  clearTimeout(timer)
}

/** Node leaves a CONNECT without an answer. It names no path, so it is answered like a wrong method at the base path. */
function answerTunnel(request: IncomingMessage, socket: Socket, basePath: string, listener: RequestListener) {
  socket.on('error', () => socket.destroy())
  request.url = basePath
  const response = new ServerResponse(request)
  response.shouldKeepAlive = false
  response.assignSocket(socket)
  response.once('finish', () => socket.destroySoon())
  listener(request, response)
}

function unreadableAnswer(settings: ReplySettings): string {
  const refusal = new Refusal('MESSAGE_UNREADABLE')
  const requestId = randomUUID()
  const reply = replyRefusal({
    requestId,
    refusal,
    operation: undefined,
    isKept: false,
    settings,
  })
  const body = JSON.stringify(reply.body)
  return [
    `HTTP/1.1 ${reply.status} ${STATUS_CODES[reply.status]}`,
    `X-Request-Id: ${requestId}`,
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
    '',
    body,
  ].join('\r\n')
}
