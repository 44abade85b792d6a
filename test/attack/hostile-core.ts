import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'

const coupons = `[${Array(300_000).fill('{}').join()}]`
const name = 'n'.repeat(900_000)
const hugeCard = JSON.stringify({
  id: 'HUGENAMES',
  member: { first_name: name, last_name: name, is_blocked: false },
})

/**
 * A proxy to the simulated core: some cards get replies that no core should send, and what another project takes is
 * never answered.
 * @param coreUrl of the simulator
 * @param otherKey whose POSTs hang
 */
export async function startHostileCore(coreUrl: string, otherKey: string) {
  const server = createServer((asked, answer) => {
    const isOther = asked.headers.authorization === `Bearer ${otherKey}`
    if (isOther && asked.method === 'POST') return
    const huge = hugeReply(asked.url ?? '')
    if (huge === undefined) return pass(asked, answer, coreUrl)
    answer.writeHead(200, { 'content-type': 'application/json' }).end(huge)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/v1`,
    async close() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

function hugeReply(path: string): string | undefined {
  if (path.includes('HUGECOUPONS/coupons')) return coupons
  if (path.includes('HUGENAMES/coupons')) return '[]'
  if (path.includes('HUGECOUPONS')) return hugeCard.replaceAll(name, 'n')
  return path.includes('HUGENAMES') ? hugeCard : undefined
}

function pass(asked: IncomingMessage, answer: ServerResponse, coreUrl: string) {
  const { method, headers, url = '' } = asked
  const onward = request(new URL(url, coreUrl), { method, headers }, (reply) => {
    answer.writeHead(reply.statusCode ?? 502, reply.headers)
    reply.pipe(answer)
  })
  onward.once('error', () => answer.destroy())
  asked.pipe(onward)
}
