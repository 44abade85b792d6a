import { Agent, request } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { startListener } from '../simulators/core/listener.ts'

/** Says which replica has answered, counted from 1. */
export const replicaHeader = 'x-replica'

/**
 * An HTTP server on 127.0.0.1 that passes each request on to the next replica, whichever connection it came on.
 * @param ports of the replicas
 */
export async function startRoundRobin(ports: number[]) {
  const agent = new Agent({ keepAlive: true })
  let turn = 0

  const listener = await startListener(0, (incoming, response) => {
    const replica = turn++ % ports.length
    const { method, url: path, headers } = incoming
    const outgoing = request({ host: '127.0.0.1', port: ports[replica], method, path, headers, agent })
    outgoing.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, {
        ...answer.headers,
        [replicaHeader]: String(replica + 1),
      })
      pipeline(answer, response).catch(() => response.destroy())
    })
    // Whichever side has gone away, the other has to notice.
    pipeline(incoming, outgoing).catch(() => response.destroy())
    response.on('close', () => response.writableFinished || outgoing.destroy())
  })

  return {
    url: `http://127.0.0.1:${listener.port}`,
    async close() {
      await listener.close()
      agent.destroy()
    },
  }
}
