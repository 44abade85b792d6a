import { Agent, request } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { startListener } from '../simulators/core/listener.ts'

/** Says which replica was asked, counted from 1. */
export const replicaHeader = 'x-replica'

type Options = {
  /** Whether requests may go to a replica, counted from 0. Without it they may go to all. */
  isInService?: (replica: number) => boolean
  /** How long a replica may take to begin its answer. */
  patienceMs?: number
}

/**
 * An HTTP server on 127.0.0.1 that passes each request on to the next replica in service, whichever connection it came on.
 * As an ingress does, it answers 502 if the replica breaks off, 504 if it says nothing, and 503 if none is in service.
 * @param ports of the replicas
 */
export async function startRoundRobin(
  ports: number[],
  { isInService = () => true, patienceMs = 60_000 }: Options = {},
) {
  const agent = new Agent({ keepAlive: true })
  let targets = ports
  let turn = 0

  function nextReplica(): number | undefined {
    for (let tries = 0; tries < targets.length; tries++) {
      const replica = turn++ % targets.length
      if (isInService(replica)) return replica
    }
    return undefined
  }

  const listener = await startListener(0, (incoming, response) => {
    const replica = nextReplica()
    if (replica === undefined) return void response.writeHead(503).end()
    const mark = { [replicaHeader]: String(replica + 1) }
    const { method, url: path, headers } = incoming
    const outgoing = request({ host: '127.0.0.1', port: targets[replica], method, path, headers, agent })

    function giveUp(status: 502 | 504) {
      outgoing.destroy()
      if (response.headersSent) response.destroy()
      else if (!response.destroyed) response.writeHead(status, mark).end()
    }

    const timer = setTimeout(() => giveUp(504), patienceMs)
    outgoing.on('response', (answer) => {
      clearTimeout(timer)
      // These are about the replica's connection, not about the till's.
      const { connection: _, 'keep-alive': __, ...passedOn } = answer.headers
      response.writeHead(answer.statusCode ?? 502, { ...passedOn, ...mark })
      pipeline(answer, response).catch(() => response.destroy())
    })
    outgoing.on('error', () => giveUp(502))
    incoming.pipe(outgoing)
    response.on('close', () => {
      clearTimeout(timer)
      // If the till has gone away, the replica has to notice.
      if (!response.writableFinished) outgoing.destroy()
    })
  })

  return {
    url: `http://127.0.0.1:${listener.port}`,
    /** From now on requests go to these. Those under way stay where they are. */
    route(ports: number[]) {
      targets = ports
    },
    async close() {
      await listener.close()
      agent.destroy()
    },
  }
}
