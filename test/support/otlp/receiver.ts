import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { readFileSync } from 'node:fs'
import type { OwnCertificate } from '../own-certificate.ts'
import { readExport, type ReceivedSpan } from './spans.ts'

export type OtlpReceiver = Awaited<ReturnType<typeof startOtlpReceiver>>

/**
 * A collector that keeps what it gets: OTLP over HTTP, in protobuf.
 * @param answer `silent` takes requests and never answers
 * @param certificate makes it speak TLS
 */
export async function startOtlpReceiver(
  answer: 'ok' | 'silent' | 'error' = 'ok',
  certificate?: OwnCertificate,
) {
  const spans: (ReceivedSpan & { resource: Record<string, unknown> })[] = []
  const requests: { path: string; headers: IncomingHttpHeaders; body: Buffer }[] = []
  const receive: RequestListener = (request, response) => {
    void buffer(request).then((body) => {
      requests.push({ path: request.url ?? '', headers: request.headers, body })
      server.emit('export')
      if (answer === 'silent') return
      if (answer === 'ok') spans.push(...readExport(body))
      response.writeHead(answer === 'ok' ? 200 : 400, { 'content-type': 'application/x-protobuf' }).end()
    })
  }
  const server = certificate
    ? createSecureServer(
        { pfx: readFileSync(certificate.keystore), passphrase: certificate.password },
        receive,
      )
    : createServer(receive)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const url = `${certificate ? 'https' : 'http'}://127.0.0.1:${port}`

  return {
    url,
    /** What makes a service send all its traces here. */
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_TRACES_SAMPLER_ARG: '1' },
    spans,
    requests,
    /** Resolves when the next export has come. */
    nextExport: () => once(server, 'export'),
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
