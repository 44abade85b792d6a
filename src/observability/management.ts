import type { RequestListener, Server } from 'node:http'
import type { ConnectionReport } from '../http/end-reasons.ts'
import { createHttpServer } from '../http/server.ts'

export type Health = { isReady: boolean; [part: string]: unknown }

type Deps = {
  health: () => Health
  /** @param accept header of who reads it */
  metricsPage: (accept: string | undefined) => Promise<{ contentType: string; body: string }>
  report: ConnectionReport
}

/** For Prometheus, the probes and a few people. */
const limits = { connections: 100, pendingRequests: 4, inactivityMs: 15_000 }
const brokenAnswer = { bytes: 'HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n' }

/**
 * Probes and metrics, on a port of their own. A pod is ready once it has started. Without Kafka, the core or a writable
 * journal it still answers every till and tells it what to do, so their trouble is reported but does not make it unready.
 */
export function createManagement({ health, metricsPage, report }: Deps): Server {
  const answer = async (
    path: string | undefined,
    accept: string | undefined,
  ): Promise<{ status: number; type: string; body: string }> => {
    switch (path) {
      case '/health/live':
        return json(200, { status: 'live' })
      case '/health/ready': {
        const { isReady, ...parts } = health()
        return json(isReady ? 200 : 503, { status: isReady ? 'ready' : 'not ready', ...parts })
      }
      case '/metrics': {
        const { contentType, body } = await metricsPage(accept)
        return { status: 200, type: contentType, body }
      }
      default:
        return json(404, { status: 'not found', paths: ['/health/live', '/health/ready', '/metrics'] })
    }
  }
  const listener: RequestListener = (request, response) => {
    answer(request.url?.split('?')[0], request.headers.accept)
      .catch(() => json(500, { status: 'failed' }))
      .then(({ status, type, body }) => response.writeHead(status, { 'content-type': type }).end(body))
      .catch(() => response.destroy())
  }
  return createHttpServer({ listener, limits, report, brokenAnswer: () => brokenAnswer }).server
}

function json(status: number, body: object) {
  return { status, type: 'application/json', body: JSON.stringify(body) }
}
