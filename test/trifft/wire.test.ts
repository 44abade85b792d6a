import { expect } from 'chai'
import dns from 'node:dns'
import { EventEmitter, once } from 'node:events'
import http from 'node:http'
import net from 'node:net'
import { mock } from 'node:test'
import { inspect } from 'node:util'
import { createCoreHttp, type CoreHttp } from '../../src/trifft/http.ts'
import { systemTimers } from '../../src/time/clock.ts'
import { holdPort } from '../support/held-ports.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { useRealSockets } from '../support/real-sockets.ts'
import { expectBusy } from './claims.ts'
import { apiKey, caller, cardNumber, coreParts, exchangeWith, failureOf, order } from './setup.ts'

type Handler = (request: http.IncomingMessage, response: http.ServerResponse) => void

/** What a debit hears, and how many requests arrived, if the core behaves like `handler`. */
async function debitAgainst(handler: Handler) {
  await using server = await listen(http.createServer(handler))
  const { client, clock } = coreParts({ CORE_BASE_URL: `http://127.0.0.1:${server.port}/v1` })
  const failure = await failureOf(client.takePoints({ ...order, points: 200 }, exchangeWith(clock)))
  await client.close()
  return { failure, requests: server.requests() }
}

/** The same, if the core does not answer in time: `handler` is called at once, and once more for each tenth of it. */
async function lateDebitAgainst(handler: (response: http.ServerResponse) => unknown) {
  const core = http.createServer()
  await using server = await listen(core)
  const { client, clock } = coreParts({ CORE_BASE_URL: `http://127.0.0.1:${server.port}`, ...shortDeadline })
  const arrived = once(core, 'request') as Promise<[http.IncomingMessage, http.ServerResponse]>
  const failed = failureOf(client.takePoints({ ...order, points: 200 }, exchangeWith(clock)))
  const [, response] = await arrived
  for (let tenth = 0; tenth < 10; tenth++) {
    await handler(response)
    await clock.pass(deadlineMs / 10)
  }
  const failure = await failed
  await client.close()
  return failure
}

async function debitAt(baseUrl: string) {
  const { client, clock } = coreParts({ CORE_BASE_URL: baseUrl })
  const exchange = exchangeWith(clock)
  const failure = await failureOf(client.takePoints({ ...order, points: 200 }, exchange))
  await client.close()
  return { failure, fact: exchange.facts.coreCalls[0] }
}

async function listen<S extends net.Server>(server: S) {
  let requests = 0
  const sockets = new Set<net.Socket>()
  server.on('connection', (socket) => {
    if (server.listening) sockets.add(socket)
    else socket.destroy()
  })
  server.on('request', () => requests++)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as net.AddressInfo
  return {
    port,
    requests: () => requests,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

const deadlineMs = 100
const shortDeadline = { CORE_REDEMPTION_DEADLINE_MS: String(deadlineMs) }

describe('the wire: it left, and no whole answer came back', () => {
  useRealSockets()

  it('a core that never answers, at the deadline', async () => {
    const failure = await lateDebitAgainst(() => undefined)
    expect(String(failure)).to.equal('CoreOutcomeUnknown: takePoints: no answer (deadline)')
  })

  for (const how of ['chunked', 'until the connection closes']) {
    it(`a core that drips its answer (${how}), at the deadline`, async () => {
      const failure = await lateDebitAgainst((response) => {
        if (!response.headersSent)
          response.writeHead(
            200,
            how === 'chunked' ? {} : { Connection: 'close', 'Transfer-Encoding': 'identity' },
          )
        return new Promise((resolve) => response.write(' ', resolve))
      })
      expect(String(failure)).to.equal('CoreOutcomeUnknown: takePoints: no answer (deadline)')
    })
  }

  it('a connection reset after the request', async () => {
    const { failure, requests } = await debitAgainst((request) => request.socket.resetAndDestroy())
    expect(String(failure)).to.equal('CoreOutcomeUnknown: takePoints: no answer (ECONNRESET)')
    expect(requests, 'sent once, never again').to.equal(1)
  })

  it('a body cut short, though the status was 200', async () => {
    const { failure } = await debitAgainst((_request, response) => {
      response.writeHead(200, { 'Content-Length': 100 })
      response.write('{"balance":1050}', () => response.destroy())
    })
    expect(String(failure)).to.equal('CoreOutcomeUnknown: takePoints: no answer (UND_ERR_SOCKET)')
  })

  it('a body that is far too large', async () => {
    const { failure } = await debitAgainst((_request, response) => {
      response.end(`{"balance":1050,"more":"${'x'.repeat(2 ** 20)}"}`)
    })
    // A protocol error, since it may be one member's: the breaker does not count it.
    expect(String(failure)).to.equal(
      'CoreProtocolError: takePoints: no answer (UND_ERR_RES_EXCEEDED_MAX_SIZE)',
    )
  })

  for (const status of [301, 302, 303, 307, 308]) {
    it(`a ${status} on a POST is never followed`, async () => {
      const { failure, requests } = await debitAgainst((request, response) => {
        if (request.url?.startsWith('/v1/'))
          return response.writeHead(status, { Location: '/elsewhere' }).end()
        response.end('{"balance":0}')
      })
      expect(String(failure)).to.equal(`CoreOutcomeUnknown: takePoints: ${status}`)
      expect(requests).to.equal(1)
    })
  }
})

describe('the wire: it never left', () => {
  useRealSockets()

  it('a refused connection', async () => {
    using nobody = await holdPort()
    const { failure, fact } = await debitAt(`http://127.0.0.1:${nobody.port}`)
    expect(String(failure)).to.equal('CoreUnavailable: takePoints: not sent (ECONNREFUSED)')
    expect(fact).to.include({ outcome: 'not_done' })
  })

  it('a host name that nobody knows', async () => {
    // RFC 6761: `.invalid` never resolves; a resolver that is away itself says EAI_AGAIN.
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
    // Before the client, which waits for its handshake.
    await server[Symbol.asyncDispose]()
    await client.close()
    expect(String(failure)).to.equal('CoreUnavailable: takePoints: not sent (deadline)')
  })

  // The second of two calls had its slot and waited for its TLS handshake when the first was answered 429: it left all
  // the same, into the block. What takes its time here is the name of the core.
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
    // As if it had been held back before it left: to the breaker it is no failure of the network.
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
    const wire = createCoreHttp({ baseUrl: `http://127.0.0.1:${server.port}`, timers })
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
    const wire = createCoreHttp({ baseUrl: `http://127.0.0.1:${nobody.port}`, timers: systemTimers })
    await wire.close()
    await wire.close()
    expect(String(await failureOf(send(wire, 1000)))).to.equal(
      'CoreUnavailable: takePoints: not sent (UND_ERR_DESTROYED)',
    )
  })
})

describe('the wire', () => {
  useRealSockets()

  const proxies = [
    'HTTP_PROXY',
    'http_proxy',
    'HTTPS_PROXY',
    'https_proxy',
    'ALL_PROXY',
    'NODE_USE_ENV_PROXY',
  ]

  it('takes no proxy from the environment', async () => {
    const saved = Object.fromEntries(proxies.map((name) => [name, process.env[name]]))
    await using proxy = await listen(http.createServer((_request, response) => response.end('{"balance":0}')))
    await using server = await listen(
      http.createServer((_request, response) => response.end('{"balance":1050}')),
    )
    try {
      for (const name of proxies) process.env[name] = `http://127.0.0.1:${proxy.port}`
      const { client, clock } = coreParts({ CORE_BASE_URL: `http://127.0.0.1:${server.port}` })
      const moved = await client.takePoints({ ...order, points: 200 }, exchangeWith(clock))
      await client.close()
      expect(moved).to.deep.equal({ pointsLeft: 1050 })
      expect(proxy.requests()).to.equal(0)
    } finally {
      for (const [name, value] of Object.entries(saved)) {
        if (value === undefined) delete process.env[name]
        else process.env[name] = value
      }
    }
  })

  it('uses a connection again, and reads a body behind a byte order mark', async () => {
    let connections = 0
    const core = http.createServer((_request, response) => response.end('\uFEFF{"balance":1050}'))
    core.on('connection', () => connections++)
    await using server = await listen(core)
    const { client, clock } = coreParts({ CORE_BASE_URL: `http://127.0.0.1:${server.port}` })
    for (let call = 0; call < 10; call++)
      await client.takePoints({ ...order, points: 1 }, exchangeWith(clock))
    await client.close()
    // Two take turns: undici lets a connection rest for one turn of the event loop.
    expect(connections).to.be.at.most(2)
  })

  it('counts the time of a call no longer once it has ended', async () => {
    const timers = createManualClock()
    await using server = await listen(http.createServer((_request, response) => response.end('{}')))
    const wire = createCoreHttp({ baseUrl: `http://127.0.0.1:${server.port}`, timers })
    const ended = send(wire, 60_000)
    expect(timers.timersSet()).to.equal(1)
    await ended
    expect(timers.timersSet()).to.equal(0)
    await wire.close()
  })

  it('puts neither key nor card into an error', async () => {
    using nobody = await holdPort()
    const failures = await Promise.all([
      debitAgainst((request) => request.socket.resetAndDestroy()),
      debitAgainst((_request, response) => response.end('<html>')),
      debitAgainst((_request, response) => response.writeHead(402).end('{"exception":"NoException"}')),
      lateDebitAgainst(() => undefined).then((failure) => ({ failure })),
      debitAt(`http://127.0.0.1:${nobody.port}`),
    ])
    for (const { failure } of failures) {
      const everything = inspect(failure, { depth: Infinity, showHidden: true })
      expect(everything).to.not.include(apiKey)
      expect(everything).to.not.include(cardNumber)
      expect(failure).to.have.property('cause', undefined)
    }
  })
})

function send(wire: CoreHttp, deadlineMs: number) {
  return wire.send({ operation: 'takePoints', method: 'POST', path: '/', apiKey, body: {}, deadlineMs })
}

/** Keeps each connection waiting for the address behind its name, which is this machine's, until it is told. */
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
