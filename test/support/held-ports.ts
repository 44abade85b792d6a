import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'

export type HeldPort = { port: number; release(): void } & Disposable

/** Below what a system gives to connections and to servers that ask for port 0 (Linux: from 32768). */
const lowest = 15_000
const highest = 32_000

/**
 * A port of 127.0.0.1 for what must know its port before it listens or have it again after it was down (a Kafka broker,
 * a service that is started again), or on which nobody must listen. A server that can listen on port 0 and say which
 * port it got needs none of this.
 *
 * A port that was only found free may be taken before it is used. So its number is held by a UDP socket: that leaves
 * the TCP port alone, no other test gets the same number, and the system ends the hold with the process.
 */
export async function holdPort(): Promise<HeldPort> {
  for (;;) {
    const port = randomInt(lowest, highest)
    const release = await holdNumber(port)
    if (!release) continue
    if (await isFree(port)) return { port, release, [Symbol.dispose]: release }
    release()
  }
}

/** @returns how to release it; undefined if somebody else holds it */
async function holdNumber(port: number): Promise<(() => void) | undefined> {
  const socket = createSocket('udp4')
  socket.unref()
  socket.bind(port, '127.0.0.1')
  try {
    await once(socket, 'listening')
    return () => socket.close()
  } catch {
    socket.close()
    return undefined
  }
}

/** Programs that do not use these holds may listen there. */
async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
  } catch {
    return false
  }
  server.close()
  await once(server, 'close')
  return true
}
