import type { Socket } from 'node:net'

/**
 * Resets a connection. If its end was just being sent, it is only closed: Node would leave such a socket open for ever, and
 * the process could not end.
 */
export function resetSocket(socket: Socket) {
  if (socket.writableEnded) socket.destroy()
  else socket.resetAndDestroy()
}
