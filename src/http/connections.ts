import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { ConnectionReport } from '../http/end-reasons.ts'
import type { Limits } from './server.ts'

/** Whoever lets so much wait does not read. The largest answer is a fraction of it. */
const maxUnreadBytes = 1024 ** 2

type Connection = {
  /** Those whose answer is not out yet, the oldest first. */
  pending: Map<ServerResponse, IncomingMessage>
  /** Its answer is out, and not all of it has come. */
  answeredEarly: IncomingMessage | undefined
  isEnding: boolean
  /** What waits until every answer is out. */
  whenAnswered: (() => void) | undefined
}

type Deps = { limits: Limits; report: ConnectionReport; lingerMs: number }

export type Connections = ReturnType<typeof createConnections>

/** What is under way on each connection, and when it is ended. */
export function createConnections({ limits, report, lingerMs }: Deps) {
  const connections = new WeakMap<Socket, Connection>()

  function connectionOf(socket: Socket): Connection {
    const known = connections.get(socket)
    if (known) return known
    const connection: Connection = {
      pending: new Map(),
      answeredEarly: undefined,
      isEnding: false,
      whenAnswered: undefined,
    }
    connections.set(socket, connection)
    // Node says nothing to a response that still waits for those before it.
    socket.once('close', () => setImmediate(closeAll, connection))
    return connection
  }

  function destroy(socket: Socket, reason: 'pipelined' | 'answer_unread' | 'upload_unfinished') {
    connectionOf(socket).isEnding = true
    report({ reason, remoteAddress: socket.remoteAddress })
    socket.destroy()
  }

  function onFinished(socket: Socket, request: IncomingMessage) {
    if (request.complete || socket.destroyed) return
    connectionOf(socket).answeredEarly = request
    // Its reader may have stopped in the middle.
    request.resume()
    setTimeout(() => {
      if (!request.complete && !socket.destroyed) destroy(socket, 'upload_unfinished')
    }, lingerMs).unref()
  }

  return {
    /** @returns false for a request that is not to be begun: its connection is ended, since it has too many */
    add(request: IncomingMessage, response: ServerResponse): boolean {
      const { socket } = request
      const connection = connectionOf(socket)
      // Node goes on reading what it has.
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

    /** Calls back once every request before has its answer. */
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
     * Tells whoever reads a message that its rest cannot be read, so that it is answered.
     * @param hasHungUp the peer says no more, and most likely hears no more
     * @returns false if no message was under way: what is broken came before one
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

    /** Nothing has moved for too long: an answer that nobody reads, or an idle connection whose time is over. */
    onTimeout(socket: Socket): void {
      if (connectionOf(socket).pending.size > 0) destroy(socket, 'answer_unread')
      else socket.destroy()
    },

    /** Says the last word, and leaves the peer some time to read it. */
    end(socket: Socket, bytes: string): void {
      connectionOf(socket).isEnding = true
      socket.end(bytes)
      setTimeout(() => socket.destroy(), lingerMs).unref()
    },
  }
}

function closeAll({ pending }: Connection) {
  for (const response of [...pending.keys()]) response.emit('close')
}
