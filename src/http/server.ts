import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { Socket } from 'node:net'
import type { ConnectionReport } from '../http/end-reasons.ts'
import { createConnections, type Connections } from './connections.ts'

/** A till that has not sent its whole message by then has long given up waiting for the answer. */
const requestTimeoutMs = 10_000
/** Longer than an ingress keeps its idle connections, so that it is never us who closes one under a request. */
const keepAliveTimeoutMs = 75_000
/** A key has at most 512 characters; the rest is for what proxies add. */
const maxHeaderBytes = 8 * 1024
/** How long the rest of a message may take once its answer is out, and the peer to read an answer after which we hang up. */
const lingerMs = 2_000

export type Limits = {
  /** Open at once. More are closed as they come, and idle ones make room for the next. */
  connections: number
  /** Requests of one connection that wait for their answer, or whose answer waits to be read. */
  pendingRequests: number
  /** Neither a byte of a request nor of an answer has moved. Longer than any answer takes. */
  inactivityMs: number
}

type Deps = {
  listener: RequestListener
  limits: Limits
  report: ConnectionReport
  /**
   * What is written to whoever has sent no request that could be answered by the listener.
   * @param reason `late`: it may be sent again
   */
  brokenAnswer: (reason: 'late' | 'unreadable' | 'headers_too_large') => { requestId?: string; bytes: string }
}

/**
 * A server whose peers cost a bounded part of the memory, whatever they send and however little they read. A message that
 * breaks off makes its request emit `error`, so that its reader answers; what comes before a request is answered here.
 */
export function createHttpServer({ listener, limits, report, brokenAnswer }: Deps): {
  server: Server
  connections: Connections
} {
  const connections = createConnections({ limits, report, lingerMs })
  const tracked: RequestListener = (request, response) => {
    if (connections.add(request, response)) listener(request, response)
  }
  const server = createServer(
    {
      requestTimeout: requestTimeoutMs,
      headersTimeout: requestTimeoutMs,
      keepAliveTimeout: keepAliveTimeoutMs,
      // Node looks every 30 s.
      connectionsCheckingInterval: 1_000,
      maxHeaderSize: maxHeaderBytes,
      // Node would refuse it with an empty answer.
      requireHostHeader: false,
    },
    tracked,
  )
  // Node would drop the last headers in silence, which are those that a proxy of ours has added.
  server.maxHeadersCount = 0
  server.maxConnections = limits.connections
  server.timeout = limits.inactivityMs
  server.on('checkExpectation', tracked)
  server.on('timeout', (socket: Socket) => connections.onTimeout(socket))
  server.on('drop', (peer) => {
    report({ reason: 'no_room', remoteAddress: peer?.remoteAddress })
    server.closeIdleConnections()
  })
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    onClientError(error, socket, { connections, report, brokenAnswer })
  })
  return { server, connections }
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

/** Node calls again for each further piece of what cannot be read. */
function onClientError(
  error: NodeJS.ErrnoException,
  socket: Socket,
  deps: Pick<Deps, 'report' | 'brokenAnswer'> & { connections: Connections },
) {
  const { connections, report, brokenAnswer } = deps
  const { remoteAddress, bytesRead } = socket
  if (connections.isEnding(socket)) return
  if (error.code === 'ECONNRESET' || !socket.writable) {
    if (bytesRead > 0 && !connections.hasPending(socket)) report({ reason: 'reset', remoteAddress })
    return socket.destroy()
  }
  if (connections.breakOff(socket, error, error.code === 'HPE_INVALID_EOF_STATE')) return
  const reason = reasonOf(error)
  connections.whenAnswered(socket, () => {
    // Whoever has not said a word does not wait for an answer.
    const { requestId, bytes } = bytesRead === 0 ? { bytes: '' } : brokenAnswer(reason)
    report({ reason, remoteAddress, requestId })
    connections.end(socket, bytes)
  })
}

function reasonOf({ code }: NodeJS.ErrnoException): 'late' | 'unreadable' | 'headers_too_large' {
  if (isCutOff(code)) return 'late'
  return code === 'HPE_HEADER_OVERFLOW' ? 'headers_too_large' : 'unreadable'
}

/** @param code of an error of a request or its body: true if the rest has not come, so that it may be sent again */
export function isCutOff(code: string | undefined): boolean {
  return code === 'ERR_HTTP_REQUEST_TIMEOUT' || code === 'HPE_INVALID_EOF_STATE'
}
