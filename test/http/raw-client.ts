import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

export type RawClient = Awaited<ReturnType<typeof say>>

/**
 * A client that sends exactly these bytes and nothing more, but keeps its side open.
 * @returns what it has received so far, and all of it once the service sends no more
 */
export async function say(port: number, bytes: string) {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  let heard = ''
  socket.on('data', (chunk) => (heard += String(chunk)))
  const closed = Promise.race([once(socket, 'end'), once(socket, 'close')]).then(() => heard)
  if (bytes) socket.write(bytes)
  return {
    socket,
    closed,
    heard: () => heard,
    heardUntil: (text: string) => heardUntil(socket, () => heard, text),
  }
}

async function heardUntil(socket: Socket, heard: () => string, text: string): Promise<string> {
  while (!heard().includes(text)) {
    if (socket.readableEnded || socket.closed) throw new Error(`closed before it said ${text}: ${heard()}`)
    await Promise.race([once(socket, 'data'), once(socket, 'end'), once(socket, 'close')])
  }
  return heard()
}

/** @returns head and JSON body of each answer, in order */
export function answersIn(heard: string): { status: number; head: string; body: Record<string, unknown> }[] {
  return heard
    .split(/(?=HTTP\/1\.1 \d{3} )/)
    .filter(Boolean)
    .map((answer) => {
      const [head = '', body = ''] = answer.split('\r\n\r\n')
      return { status: Number(head.split(' ')[1]), head, body: JSON.parse(body) as Record<string, unknown> }
    })
}

/** @returns the value of a counter of the service that has this name and label */
export async function readCounter(managementUrl: string, series: string): Promise<number> {
  const page = await (await fetch(`${managementUrl}/metrics`)).text()
  const line = page.split('\n').find((each) => each.startsWith(`${series} `))
  if (line === undefined) throw new Error(`no ${series}`)
  return Number(line.split(' ').at(-1))
}
