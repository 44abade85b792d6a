import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { Socket } from 'node:net'
import type { ConnectionReport } from './end-reasons.ts'
import { createConnections, type Connections } from './connections.ts'

/** By then a till that has not sent its whole message has long given up. */
const requestTimeoutMs = 10_000
/** Longer than an ingress keeps idle connections, so that we never close one just as it sends a request. */
const keepAliveTimeoutMs = 75_000
/** A key has at most 512 characters; proxies add the rest. */
const maxHeaderBytes = 8 * 1024
/** How long the rest of a message may take after its answer, and how long a peer has to read the last answer. */
const lingerMs = 2_000

export type Limits = {
  /** Open at once. Further ones are closed at once, and idle ones make room for the next. */
  connections: number
  /** Of one connection: requests that wait for their answer, or whose answer waits to be read. */
  pendingRequests: number
  /** After this long without a byte of a request or an answer. Longer than any answer takes. */
  inactivityMs: number
}

type Deps = {
  listener: RequestListener
  limits: Limits
  report: ConnectionReport
  /**
   * The answer to what is not a request, so that the listener cannot answer it.
   * @param reason `late`: it may be sent again
   */
  brokenAnswer: (reason: 'late' | 'unreadable' | 'headers_too_large') => { requestId?: string; bytes: string }
}

/**
 * A server whose peers use a bounded part of the memory, whatever they send and however little they read. If a message breaks
 * off, its request emits `error`, so that its reader answers. What breaks before it is a request is answered here.
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
      // Node would refuse a request without one with an empty answer.
      requireHostHeader: false,
    },
    tracked,
  )
  // Node would silently drop the last headers, which are the ones that our own proxies have added.
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
 * Resolves when the last answer has been sent. Node would wait for ever for a connection that has not sent a complete request,
 * since it no longer checks their timeouts.
 *
 * @param withinMs by then all requests that were begun are answered
 */
export async function closeServer(server: Server, withinMs: number): Promise<void> {
  if (!server.listening) return
  const closed = once(server, 'close')
  server.close()
  const timer = setTimeout(() => server.closeAllConnections(), withinMs)
  await closed
  clearTimeout(timer)
}

/** Node calls this again for each further piece that cannot be read. */
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
    // A peer that has sent nothing does not wait for an answer.
    const { requestId, bytes } = bytesRead === 0 ? { bytes: '' } : brokenAnswer(reason)
    report({ reason, remoteAddress, requestId })
    connections.end(socket, bytes)
  })
}

function reasonOf({ code }: NodeJS.ErrnoException): 'late' | 'unreadable' | 'headers_too_large' {
  if (isCutOff(code)) return 'late'
  return code === 'HPE_HEADER_OVERFLOW' ? 'headers_too_large' : 'unreadable'
}

/** @returns true if the rest of a request or its body has not arrived, so that it may be sent again */
export function isCutOff(code: string | undefined): boolean {
  return code === 'ERR_HTTP_REQUEST_TIMEOUT' || code === 'HPE_INVALID_EOF_STATE'
}
