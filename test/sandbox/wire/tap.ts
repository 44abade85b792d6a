import { request as send, type IncomingMessage, type ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { startListener } from '../../simulators/core/listener.ts'
import type { Wire } from './wire.ts'

/**
 * An HTTP server on 127.0.0.1 that passes everything on to an adapter, and tells the wire of it. If a till hangs up, the
 * adapter notices, and the other way round.
 * @param target the adapter's address, with the base path
 */
export async function startTap(target: string, wire: Pick<Wire, 'asked' | 'heard'>) {
  const { origin, pathname } = new URL(target)
  const listener = await startListener(0, (incoming, response) => {
    pass(incoming, response).catch(() => response.destroy())
  })

  async function pass(incoming: IncomingMessage, response: ServerResponse) {
    const { method = '', url: path = '', headers } = incoming
    const body = await buffer(incoming)
    const entry = wire.asked({ method, path, headers: asText(headers), body: body.toString() })
    const outgoing = send(origin + path, { method, headers })
    let isAnswered = false
    response.on('close', () => {
      if (isAnswered) return
      outgoing.destroy()
      wire.heard(entry, undefined)
    })
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      outgoing.on('response', resolve).on('error', reject).end(body)
    })
    const text = await buffer(answer)
    isAnswered = true
    // These are about the adapter's connection, not about the till's.
    const { connection: _, 'keep-alive': __, 'transfer-encoding': ___, ...passedOn } = answer.headers
    const status = answer.statusCode ?? 502
    response.writeHead(status, passedOn).end(text)
    wire.heard(entry, { status, headers: asText(passedOn), body: text.toString() })
  }

  return { url: `http://127.0.0.1:${listener.port}${pathname}`, close: listener.close }
}

function asText(headers: IncomingMessage['headers']): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
}
