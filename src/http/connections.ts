import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { ConnectionReport } from './end-reasons.ts'
import type { Limits } from './server.ts'

/** A peer that leaves this much unread does not read at all: the largest answer is a fraction of it. */
const maxUnreadBytes = 1024 ** 2

type Connection = {
  /** Requests whose answer is not sent yet, by their responses; the oldest first. */
  pending: Map<ServerResponse, IncomingMessage>
  /** A request whose answer is sent, but which has not arrived completely. */
  answeredEarly: IncomingMessage | undefined
  isEnding: boolean
  /** Called once every answer is sent. */
  whenAnswered: (() => void) | undefined
}

type Deps = { limits: Limits; report: ConnectionReport; lingerMs: number }

export type Connections = ReturnType<typeof createConnections>

/** Knows what is under way on each connection, and ends those that go too far. */
export function createConnections({ limits, report, lingerMs }: Deps) {
  const connections = new WeakMap<Socket, Connection>()

  function connectionOf(socket: Socket): Connection {
    const existing = connections.get(socket)
    if (existing) return existing
    const connection: Connection = {
      pending: new Map(),
      answeredEarly: undefined,
      isEnding: false,
      whenAnswered: undefined,
    }
    connections.set(socket, connection)
    // Node does not emit `close` on a response that is queued behind earlier ones.
    socket.once('close', () => setImmediate(closeAll, connection))
    return connection
  }

  function destroy(socket: Socket, reason: 'pipelined' | 'answer_unread' | 'upload_unfinished') {
    connectionOf(socket).isEnding = true
    report({ reason, remoteAddress: socket.remoteAddress })
    closeWithoutStacks(socket)
    socket.destroy()
  }

  function onFinished(socket: Socket, request: IncomingMessage) {
    if (request.complete || socket.destroyed) return
    connectionOf(socket).answeredEarly = request
    // Whoever read it may have stopped in the middle.
    request.resume()
    setTimeout(() => {
      if (!request.complete && !socket.destroyed) destroy(socket, 'upload_unfinished')
    }, lingerMs).unref()
  }

  return {
    /** @returns false if the request must not be begun, because its connection had too many and was ended */
    add(request: IncomingMessage, response: ServerResponse): boolean {
      const { socket } = request
      const connection = connectionOf(socket)
      // Node goes on parsing what has arrived already.
      if (socket.destroyed || connection.isEnding) return false
      const { pending } = connection
      const isUnread = socket.writableLength > maxUnreadBytes
      if (isUnread || pending.size >= limits.pendingRequests) {
        destroy(socket, isUnread ? 'answer_unread' : 'pipelined')
        return false
      }
      pending.set(response, request)
      response.once('finish', () => onFinished(socket, request))
      response.once('close', () => {
        pending.delete(response)
        if (pending.size === 0) connection.whenAnswered?.()
      })
      return true
    },

    hasPending: (socket: Socket): boolean => connectionOf(socket).pending.size > 0,

    isEnding: (socket: Socket): boolean => connectionOf(socket).isEnding,

    /** Calls back once all requests so far are answered. */
    whenAnswered(socket: Socket, act: () => void): void {
      const connection = connectionOf(socket)
      connection.isEnding = true
      const actIfOpen = () => {
        connection.whenAnswered = undefined
        if (socket.writable) act()
      }
      if (connection.pending.size === 0) actIfOpen()
      else connection.whenAnswered = actIfOpen
    },

    /**
     * Tells the reader of a message that its rest cannot be read, so that it is answered.
     * @param hasHungUp the peer sends nothing more, and most likely reads nothing more
     * @returns false if no message was under way: what is broken came before a message
     */
    breakOff(socket: Socket, error: Error, hasHungUp: boolean): boolean {
      const connection = connectionOf(socket)
      const [response, request] = [...connection.pending].at(-1) ?? []
      if (request && response && !request.complete) {
        connection.isEnding = true
        response.shouldKeepAlive = false
        if (hasHungUp && connection.pending.size === 1) socket.destroy()
        else if (request.listenerCount('error') > 0) request.emit('error', error)
        return true
      }
      if (!connection.answeredEarly || connection.answeredEarly.complete) return false
      destroy(socket, 'upload_unfinished')
      return true
    },

    /** For a connection on which nothing has moved for too long: nobody reads the answer, or it is idle. */
    onTimeout(socket: Socket): void {
      if (connectionOf(socket).pending.size > 0) destroy(socket, 'answer_unread')
      else socket.destroy()
    },

    /** Sends the last bytes, and leaves the peer some time to read them. */
    end(socket: Socket, bytes: string): void {
      connectionOf(socket).isEnding = true
      socket.end(bytes)
      setTimeout(() => socket.destroy(), lingerMs).unref()
    },
  }
}

/**
 * When a connection closes, Node makes an error for each of its requests that is not answered. A single read may have brought
 * 1,800 of them, and their stacks, which name the lines of the sources, took longer than all else: half a second for nine peers.
 */
function closeWithoutStacks(socket: Socket) {
  const { stackTraceLimit } = Error
  socket.prependOnceListener('close', () => void (Error.stackTraceLimit = 0))
  socket.once('close', () => void (Error.stackTraceLimit = stackTraceLimit))
}

function closeAll({ pending }: Connection) {
  for (const response of [...pending.keys()]) response.emit('close')
}
