import { expect } from 'chai'
import dns from 'node:dns'
import { EventEmitter, once } from 'node:events'
import http from 'node:http'
import net from 'node:net'
import { mock } from 'node:test'
import { createCoreHttp } from '../../src/trifft/http.ts'
import { systemClock, systemTimers } from '../../src/time/clock.ts'
import { holdPort } from '../support/held-ports.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { useRealSockets } from '../support/real-sockets.ts'
import { expectBusy } from './claims.ts'
import { caller, coreParts, exchangeWith, failureOf, order } from './setup.ts'
import { deadlineMs, debitAt, listen, send, shortDeadline } from './wire.ts'

describe('a core call never leaves because of', () => {
  useRealSockets()

  it('a refused connection', async () => {
    using nobody = await holdPort()
    const { failure, fact } = await debitAt(`http://127.0.0.1:${nobody.port}`)
    expect(String(failure)).to.equal('CoreUnavailable: takePoints: not sent (ECONNREFUSED)')
    expect(fact).to.include({ outcome: 'not_done' })
  })

  it('a host name that nobody knows', async () => {
    // RFC 6761: `.invalid` never resolves; if the resolver itself is down the code is EAI_AGAIN.
    const { failure } = await debitAt('http://core.invalid')
    expect(String(failure)).to.match(/^CoreUnavailable: takePoints: not sent \((ENOTFOUND|EAI_AGAIN)\)$/)
  })

  it('a server that does not speak TLS', async () => {
    await using server = await listen(net.createServer((socket) => socket.end('hello')))
    const { failure } = await debitAt(`https://127.0.0.1:${server.port}`)
    expect(String(failure)).to.equal('CoreUnavailable: takePoints: not sent (ERR_SSL_WRONG_VERSION_NUMBER)')
  })

  it('a TLS handshake that does not end before the deadline', async () => {
    const silent = net.createServer()
    const server = await listen(silent)
    const { client, clock } = coreParts({
      CORE_BASE_URL: `https://127.0.0.1:${server.port}`,
      ...shortDeadline,
    })
    const connected = once(silent, 'connection')
    const failed = failureOf(client.takePoints({ ...order, points: 200 }, exchangeWith(clock)))
    await connected
    await clock.pass(deadlineMs)
    const failure = await failed
    // Before closing the client, which waits for its handshake.
    await server[Symbol.asyncDispose]()
    await client.close()
    expect(String(failure)).to.equal('CoreUnavailable: takePoints: not sent (deadline)')
  })

  // The second of two calls had its slot and waited for its TLS handshake when the first was answered 429: it left all
  // the same, during the block. Here it is the lookup of the core's name that takes long.
  it('a block that begins while a connection is still being made', async () => {
    await using server = await listen(
      http.createServer((_request, response) => response.writeHead(429, { 'Retry-After': '60' }).end('{}')),
    )
    using names = holdNames()
    const { client, clock } = coreParts({
      CORE_BASE_URL: `http://core.test:${server.port}`,
      CORE_RATE_LIMIT: '48',
    })
    const calls = ['first', 'second'].map((card) =>
      failureOf(client.readCard(caller, card, exchangeWith(clock))),
    )
    await names.asked(2)
    names.answer(0)
    expect(await calls[0]).to.have.property('code', 'CORE_BUSY')
    names.answer(1)
    // Like a call that was held back earlier, and not a network failure for the breaker.
    expectBusy(await calls[1], 'blocked', 60)
    await client.close()
    expect(server.requests(), 'the second never arrived').to.equal(1)
  })

  it('a deadline that passes while all connections are busy', async () => {
    const busy = Promise.withResolvers<void>()
    const held: http.ServerResponse[] = []
    await using server = await listen(
      http.createServer((_request, response) => {
        if (held.push(response) === 64) busy.resolve()
      }),
    )
    const timers = createManualClock()
    const wire = createCoreHttp({ baseUrl: `http://127.0.0.1:${server.port}`, clock: timers, timers })
    const sixtyFour = Array.from({ length: 64 }, () => failureOf(send(wire, 60_000)))
    await busy.promise

    const late = failureOf(send(wire, 20))
    await timers.pass(20)
    const failure = await late
    for (const response of held) response.destroy()
    const failures = await Promise.all(sixtyFour)
    await wire.close()
    expect(String(failure)).to.equal('CoreUnavailable: takePoints: not sent (deadline)')
    expect(new Set(failures.map(String))).to.deep.equal(
      new Set(['CoreOutcomeUnknown: takePoints: no answer (UND_ERR_SOCKET)']),
    )
    expect(held, 'the late one never arrived').to.have.length(64)
  })

  it('a client that is closed, also twice', async () => {
    using nobody = await holdPort()
    const wire = createCoreHttp({
      baseUrl: `http://127.0.0.1:${nobody.port}`,
      clock: systemClock,
      timers: systemTimers,
    })
    await wire.close()
    await wire.close()
    expect(String(await failureOf(send(wire, 1000)))).to.equal(
      'CoreUnavailable: takePoints: not sent (UND_ERR_DESTROYED)',
    )
  })
})

/** Makes each connection wait for the lookup of its name, which is this machine's, until it is released. */
function holdNames() {
  type Answer = (error: null, addresses: dns.LookupAddress[]) => void
  const waiting: Answer[] = []
  const arrivals = new EventEmitter()
  const lookup = mock.method(dns, 'lookup', (_name: string, _options: object, answer: Answer) => {
    waiting.push(answer)
    arrivals.emit('asked')
  })
  return {
    async asked(times: number) {
      while (waiting.length < times) await once(arrivals, 'asked')
    },
    answer: (index: number) => waiting[index]?.(null, [{ address: '127.0.0.1', family: 4 }]),
    [Symbol.dispose]: () => lookup.mock.restore(),
  }
}
