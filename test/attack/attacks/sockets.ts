import { setTimeout as pause } from 'node:timers/promises'
import { open, type Attack, type Target } from '../target.ts'

/** How long an attacker keeps its sockets. */
const holdMs = 6_000

async function hold(
  { scale }: Target,
  count: number,
  begin: (index: number) => Promise<{ destroy(): void }>,
) {
  const sockets = await Promise.all(Array.from({ length: count }, (_, index) => begin(index)))
  await pause(holdMs * scale)
  for (const socket of sockets) socket.destroy()
  return `${count} sockets`
}

export const sockets: Record<string, Attack> = {
  'unread answers': {
    what: 'nine sockets that ask 40,000 times each and read nothing',
    run: (target) =>
      hold(target, 9, async () => {
        const socket = await open(target.port)
        const asks = 'GET /zonal/v1 HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(1_000)
        for (let sent = 0; sent < 40; sent++) socket.write(asks)
        return socket
      }),
  },
  'half uploads': {
    what: '300 uploads that stop half-way',
    run: (target) =>
      hold(target, 300, async (index) => {
        const socket = await open(target.port)
        const path = index % 2 ? '/ticket' : '/balance'
        socket.write(
          `POST /zonal/v1${path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n` +
            `Content-Length: ${index % 3 ? 1_000 : 1_000_000}\r\n\r\n{"cardNumber":`,
        )
        return socket
      }),
  },
  'silent sockets': {
    what: '1,000 connections that say nothing, or half a header',
    run: (target) =>
      hold(target, 1_000, async (index) => {
        const socket = await open(target.port)
        if (index % 2) socket.write('POST /zonal/v1/balance HTTP/1.1\r\nHost: a\r\nX-')
        return socket
      }),
  },
}
