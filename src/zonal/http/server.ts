import { randomUUID } from 'node:crypto'
import {
  STATUS_CODES,
  ServerResponse,
  type IncomingMessage,
  type RequestListener,
  type Server,
} from 'node:http'
import type { Socket } from 'node:net'
import type { ConnectionReport } from '../../http/end-reasons.ts'
import { createHttpServer } from '../../http/server.ts'
import { Refusal, type Code } from '../../model/refusal.ts'
import { fallbackOf, type Dialect, type ReplySettings } from '../dialect.ts'

/** Added to the till's patience: by then every answer has been written. */
const unreadMs = 15_000

type Deps = {
  listener: RequestListener
  dialects: readonly Dialect[]
  settings: ReplySettings & { basePath: string; deadlineMs: number }
  report: ConnectionReport
}

/** The listener for tills. Bytes that are not HTTP, and `CONNECT`, are answered in the till's format too. */
export function createTillServer({ listener, dialects, settings, report }: Deps): Server {
  const dialect = fallbackOf(dialects)
  const { server, connections } = createHttpServer({
    listener,
    report,
    limits: {
      // An ingress shares a few dozen among all tills. An idle one takes 30 KB.
      connections: 2_000,
      // Tills send one message after the other, occasionally two or three at once.
      pendingRequests: 8,
      inactivityMs: settings.deadlineMs + unreadMs,
    },
    brokenAnswer: (reason) =>
      brokenAnswer(reason === 'late' ? 'CORE_UNAVAILABLE' : 'MESSAGE_UNREADABLE', dialect, settings),
  })
  server.on('connect', (request: IncomingMessage, socket: Socket) => {
    socket.on('error', () => socket.destroy())
    connections.whenAnswered(socket, () => answerTunnel(request, socket, settings.basePath, listener))
  })
  return server
}

/** Node does not answer a CONNECT. It names no path, so it is answered like a wrong method at the base path. */
function answerTunnel(request: IncomingMessage, socket: Socket, basePath: string, listener: RequestListener) {
  request.url = basePath
  const response = new ServerResponse(request)
  response.shouldKeepAlive = false
  response.assignSocket(socket)
  response.once('finish', () => socket.destroySoon())
  socket.setTimeout(unreadMs, () => socket.destroy())
  listener(request, response)
}

/** For bytes that were no request, so that there is no exchange. */
function brokenAnswer(
  code: Code,
  dialect: Dialect,
  settings: ReplySettings,
): { requestId: string; bytes: string } {
  const requestId = randomUUID()
  const refused = { refusal: new Refusal(code), operation: undefined, isKept: false, settings }
  const { status, headers, body } = dialect.writeRefusal(refused, { requestId, reference: undefined })
  const bytes = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    `X-Request-Id: ${requestId}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
    '',
    body,
  ].join('\r\n')
  return { requestId, bytes }
}
