import { expect } from 'chai'
import { readConfig } from '../../src/config/config.ts'
import { createLogger } from '../../src/observability/logger.ts'
import { createMetrics } from '../../src/observability/metrics.ts'
import { createTracing, type Tracing } from '../../src/observability/tracing.ts'
import { startOtlpReceiver, type OtlpReceiver } from '../support/otlp/receiver.ts'
import { useRealSockets } from '../support/real-sockets.ts'

describe('spans on their way to the collector', () => {
  useRealSockets()
  let collector: OtlpReceiver
  let tracing: Tracing
  const lines: Record<string, unknown>[] = []
  beforeEach(() => void (lines.length = 0))
  afterEach(async () => {
    await tracing.close()
    await collector.close()
  })

  async function start(answer: 'ok' | 'silent' | 'error', env: Record<string, string> = {}) {
    collector = await startOtlpReceiver(answer)
    const metrics = createMetrics()
    const write = (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>)
    const log = createLogger('info', { write })
    const config = readConfig({ HOST: '127.0.0.1', ...collector.env, ...env })
    tracing = await createTracing(config.tracing, { version: '1.2.3', log, metrics })
    return metrics
  }
  const endSpans = (count: number) => {
    for (let each = 0; each < count; each++) tracing.server(undefined).end()
  }
  const figuresOf = async (metrics: ReturnType<typeof createMetrics>) => {
    const { body } = await metrics.page()
    return [...body.matchAll(/^zonal_spans_(\w+?)_total(?:\{reason="(\w+)"\})? (\d+)$/gm)].map((found) =>
      found.slice(1),
    )
  }

  it('go out together, to /v1/traces, with the headers that are configured', async () => {
    const metrics = await start('ok', { OTEL_EXPORTER_OTLP_HEADERS: 'api-key=a%20key, x-tenant = pubs' })
    endSpans(3)
    await tracing.close()
    const [{ path, headers } = { path: '', headers: {} }, ...more] = collector.requests
    expect(more).to.deep.equal([])
    expect(path).to.equal('/v1/traces')
    expect(headers).to.include({
      'api-key': 'a key',
      'x-tenant': 'pubs',
      'content-type': 'application/x-protobuf',
    })
    expect(collector.spans).to.have.length(3)
    expect(await figuresOf(metrics)).to.deep.equal([
      ['sent', undefined, '3'],
      ['dropped', 'queue_full', '0'],
      ['dropped', 'not_sent', '0'],
    ])
  })

  it('are dropped and counted if the queue is full, while those in it wait', async () => {
    const metrics = await start('silent')
    const sent = collector.nextExport()
    endSpans(5_000)
    await sent
    // 512 are on their way, and 2,048 wait.
    expect(await figuresOf(metrics)).to.deep.include(['dropped', 'queue_full', '2440'])
  })

  it('are counted if the collector refuses them, and one line says so', async () => {
    const metrics = await start('error')
    endSpans(1_024)
    await tracing.close()
    expect(await figuresOf(metrics)).to.deep.include(['dropped', 'not_sent', '1024'])
    expect(lines.map(({ msg }) => msg)).to.deep.equal(['spans could not be sent'])
  })

  it('do not hold up the stop for longer than a second, whatever the collector does', async () => {
    await start('silent')
    endSpans(2_000)
    const sinceMs = performance.now()
    await tracing.close()
    expect(performance.now() - sinceMs).to.be.within(900, 1_500)
    expect(lines).to.have.length(1)
    expect(lines[0]).to.include({ spans: 2_000, msg: 'spans were not sent before the stop' })
  })

  it('of something that was dropped are never sent, not even its parts that had ended', async () => {
    await start('ok')
    const dropped = tracing.server(undefined)
    dropped.child('part', 'client').end()
    dropped.drop()
    dropped.child('later', 'client').end()
    dropped.end()
    endSpans(1)
    await tracing.close()
    expect(collector.spans.map(({ name }) => name)).to.deep.equal(['none'])
  })

  it('of a backlog of tickets point to each of them', async () => {
    await start('ok')
    const tickets = Array.from({ length: 400 }, () => tracing.server(undefined).traceparent)
    tracing.root('publish', 'client', tickets).end()
    await tracing.close()
    expect(collector.spans[0]?.links.map(({ traceId }) => traceId)).to.deep.equal(
      tickets.map((traceparent) => traceparent.slice(3, 35)),
    )
  })

  it('of work that is about others are recorded if one of those is, and point to all', async () => {
    await start('ok', { OTEL_TRACES_SAMPLER_ARG: '0' })
    const contextOf = (digit: string, flags: string) => `00-${digit.repeat(32)}-${digit.repeat(16)}-${flags}`
    tracing.root('unsampled', 'client', [contextOf('1', '00')]).end()
    tracing.root('about nothing', 'client', []).end()
    tracing.root('mixed', 'client', [contextOf('1', '00'), contextOf('2', '01'), 'unreadable']).end()
    await tracing.close()
    expect(collector.spans.map(({ name, links }) => ({ name, links }))).to.deep.equal([
      {
        name: 'mixed',
        links: ['1', '2'].map((digit) => ({ traceId: digit.repeat(32), spanId: digit.repeat(16) })),
      },
    ])
  })
})
