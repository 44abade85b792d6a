import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { readConfig } from '../../src/config/config.ts'
import { createLogger } from '../../src/observability/logger.ts'
import { createMetrics } from '../../src/observability/metrics.ts'
import { createTracing } from '../../src/observability/tracing.ts'
import { pendingWithoutKafka } from '../support/kafka-for-tests.ts'
import { startOtlpReceiver, type OtlpReceiver } from '../support/otlp/receiver.ts'
import { makeOwnCertificate, type OwnCertificate } from '../support/own-certificate.ts'
import { useRealSockets } from '../support/real-sockets.ts'

describe('a collector with TLS', () => {
  useRealSockets()
  const folder = mkdtempSync(join(tmpdir(), 'collector-tls-'))
  let certificate: OwnCertificate
  let collector: OtlpReceiver
  before(async function () {
    // Java makes the certificate, as it does for Kafka.
    await pendingWithoutKafka(this)
    certificate = await makeOwnCertificate(folder)
  })
  after(() => rmSync(folder, { recursive: true }))
  beforeEach(async () => (collector = await startOtlpReceiver('ok', certificate)))
  afterEach(() => collector.close())

  async function sendOne(env: Record<string, string>) {
    const lines: Record<string, unknown>[] = []
    const write = (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>)
    const config = readConfig({ HOST: '127.0.0.1', ...collector.env, ...env })
    const deps = { version: '1.2.3', log: createLogger('info', { write }), metrics: createMetrics() }
    const tracing = await createTracing(config.tracing, deps)
    tracing.server(undefined).end()
    await tracing.close()
    return lines
  }

  it('gets the spans if the CA of its certificate is configured', async () => {
    const lines = await sendOne({ OTEL_EXPORTER_OTLP_CERTIFICATE: certificate.caFile })
    expect(lines).to.deep.equal([])
    expect(collector.spans).to.have.length(1)
  })

  it('is not trusted without that, and the log says why', async () => {
    const lines = await sendOne({})
    expect(collector.requests).to.deep.equal([])
    const [line] = lines
    expect(line?.msg).to.equal('spans could not be sent')
    expect(JSON.stringify(line)).to.include('certificate')
  })
})
