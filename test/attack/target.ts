import { request, type OutgoingHttpHeaders } from 'node:http'
import { connect, type Socket } from 'node:net'
import { once } from 'node:events'
import { z } from 'zod'

/** What an attacker knows; handed to its process as JSON. */
export const target = z.object({
  port: z.number(),
  /** Of a till that is approved, as the attacker may be one. */
  login: z.string(),
  /** Of a till of another project, approved as well. */
  otherLogin: z.string(),
  /** A guest's card that the attacker has seen. */
  card: z.string(),
  /** 1 for all of it; less for a shorter attack. */
  scale: z.number(),
})
export type Target = z.output<typeof target>

export type Attack = {
  /** What is done, for the report. */
  what: string
  /** @returns what the attacker got, for the report */
  run(target: Target): Promise<string>
}

type Message = {
  path?: string
  method?: string
  login?: string
  headers?: OutgoingHttpHeaders
  body?: string | Buffer
}

/** No attacker waits longer for one answer. */
const patienceMs = 15_000

/** @returns the status, or 'cut' if there was none */
export function send(port: number, { path = '', method = 'POST', login, headers, body = '' }: Message) {
  const { promise, resolve } = Promise.withResolvers<string>()
  let status = 'cut'
  const call = request(
    {
      port,
      host: '127.0.0.1',
      method,
      path: `/zonal/v1${path}`,
      headers: {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        ...(login && { authorization: `Basic ${Buffer.from(login).toString('base64')}` }),
        ...headers,
      },
      timeout: patienceMs,
    },
    (response) => {
      response.resume()
      status = String(response.statusCode)
    },
  )
  call.once('timeout', () => call.destroy())
  call.once('error', () => undefined)
  call.once('close', () => resolve(status))
  call.end(body)
  return promise
}

/** So many at a time, until all are answered. */
export async function sendAll(count: number, atOnce: number, sendOne: (index: number) => Promise<string>) {
  const seen = new Map<string, number>()
  let next = 0
  const workers = Array.from({ length: atOnce }, async () => {
    while (next < count) {
      const status = await sendOne(next++)
      seen.set(status, (seen.get(status) ?? 0) + 1)
    }
  })
  await Promise.all(workers)
  return [...seen].map(([status, times]) => `${times} x ${status}`).join(', ')
}

/** @returns a socket that reads nothing unless it is told to, and never fails the attacker */
export async function open(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1' })
  socket.on('error', () => undefined)
  socket.pause()
  await Promise.race([once(socket, 'connect'), once(socket, 'close')])
  return socket
}
