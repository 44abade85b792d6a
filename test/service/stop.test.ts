import { expect } from 'chai'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { startAdapterProcess } from '../support/adapter-process.ts'
import { startOtlpReceiver } from '../support/otlp/receiver.ts'
import { useRealSockets } from '../support/real-sockets.ts'
import { demo, openCounter, takePoints, type Counter } from './counter.ts'
import { canConnect } from '../support/can-connect.ts'

describe('a service that is told to stop', () => {
  useRealSockets()
  let counter: Counter
  beforeEach(async () => (counter = await openCounter()))
  afterEach(() => counter.close())

  it('finishes the debit that is under way, with Connection: close, and remembers it', async () => {
    await counter.till.balance({ cardNumber: demo.cards.anna })
    const fault = counter.core.faults.next({ operation: 'debit', kind: 'hang' })
    const debit = counter.till.debit(takePoints)
    await fault.reached
    const stopped = counter.service.stop()
    fault.release()
    const { reply, headers } = await debit
    expect(reply).to.include({ response: 'OK', points: 1050 })
    expect(headers).to.have.property('connection', 'close')
    await stopped
  })

  it('stops once, however often it is told', async () => {
    await Promise.all([counter.service.stop(), counter.service.stop()])
    await counter.service.stop()
  })

  it('is not ready while it stops, and begins no request that still comes on an open connection', async () => {
    const socket = connect(counter.service.port, '127.0.0.1')
    await once(socket, 'connect')
    const stopped = counter.service.stop()
    const health = await fetch(`${counter.service.managementUrl}/health/ready`)
    expect(health.status).to.equal(503)
    expect(await health.json()).to.include({ status: 'not ready' })
    while (await canConnect(counter.service.port));
    socket.write('GET /zonal/v1 HTTP/1.1\r\nHost: adapter\r\n\r\n')
    const answer = await text(socket)
    expect(answer).to.match(/^HTTP\/1\.1 503 /)
    expect(answer).to.match(/^Connection: close/m)
    expect(answer).to.include('"code":"STOPPING"')
    await stopped
  })

  for (const collector of ['dead', 'silent'] as const)
    it(`ends with 0 within seconds if the collector of its traces is ${collector}`, async () => {
      const receiver = await startOtlpReceiver('silent')
      if (collector === 'dead') await receiver.close()
      try {
        const adapter = await startAdapterProcess({
          CORE_BASE_URL: counter.core.url,
          JOURNAL_PATH: `${counter.service.folder}/traced.sqlite`,
          ...receiver.env,
        })
        await fetch(adapter.url)
        const sinceMs = performance.now()
        expect(await adapter.stop()).to.deep.equal({ code: 0, signal: null })
        expect(performance.now() - sinceMs).to.be.below(4_000)
        const last = adapter.lines.map(({ msg }) => msg).slice(-2)
        expect(last[0]).to.be.oneOf(['spans could not be sent', 'spans were not sent before the stop'])
        expect(last[1]).to.equal('stopped')
      } finally {
        if (collector === 'silent') await receiver.close()
      }
    })

  it('ends with 0 on SIGTERM, even if it is sent twice', async () => {
    const adapter = await startAdapterProcess({
      CORE_BASE_URL: counter.core.url,
      JOURNAL_PATH: `${counter.service.folder}/other.sqlite`,
      // Still there when it is told again, also on a busy machine.
      DRAIN_DELAY_MS: '1000',
    })
    process.kill(adapter.pid!, 'SIGTERM')
    await adapter.line(({ msg }) => msg === 'stopping')
    process.kill(adapter.pid!, 'SIGTERM')
    expect(await adapter.exited).to.deep.equal({ code: 0, signal: null })
  })

  it('ends with 0 on SIGTERM while Kafka is down', async () => {
    const adapter = await startAdapterProcess({
      CORE_BASE_URL: counter.core.url,
      JOURNAL_PATH: `${counter.service.folder}/other.sqlite`,
      KAFKA_BROKERS: '127.0.0.1:1',
    })
    await adapter.line(({ msg }) => msg.startsWith('connecting to Kafka failed'))
    expect(await adapter.stop()).to.deep.equal({ code: 0, signal: null })
  })

  // A health checker, a scanner or a till that lost its network half-way: each kept the process alive until it was killed,
  // so that a restart took half a minute and the process ended with 1.
  for (const port of ['port', 'managementPort'] as const)
    it(`ends with 0 even if some connections to its ${port} never finish their request`, async function () {
      this.timeout(30_000)
      const adapter = await startAdapterProcess({
        CORE_BASE_URL: counter.core.url,
        JOURNAL_PATH: `${counter.service.folder}/other.sqlite`,
        POS_DEADLINE_MS: '600',
        SHUTDOWN_TIMEOUT_MS: '20000',
      })
      const sockets: Socket[] = []
      try {
        for (const bytes of unfinished) sockets.push(await say(adapter[port], bytes))
        // Accepted after them.
        await fetch(`http://127.0.0.1:${adapter[port]}/`)
        expect(await adapter.stop()).to.deep.equal({ code: 0, signal: null })
      } finally {
        for (const socket of sockets) socket.destroy()
        await adapter.kill9()
      }
    })
})

const head = 'POST /zonal/v1/balance HTTP/1.1\r\nHost: adapter\r\n'
const unfinished = ['', head, `${head}Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{`]

async function say(port: number, bytes: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  // It may be reset in the end.
  socket.on('error', () => undefined).resume()
  await once(socket, 'connect')
  if (bytes) socket.write(bytes)
  return socket
}
