import { expect } from 'chai'
import http from 'node:http'
import { inspect } from 'node:util'
import { createCoreHttp } from '../../src/trifft/http.ts'
import { holdPort } from '../support/held-ports.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { useRealSockets } from '../support/real-sockets.ts'
import { apiKey, cardNumber, coreParts, exchangeWith, order } from './setup.ts'
import { debitAgainst, debitAt, lateDebitAgainst, listen, send } from './wire.ts'

describe('the outcome of a core call is unknown because of', () => {
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
    it(`a ${status} on a POST, which is never followed`, async () => {
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

describe('the HTTP client of the core', () => {
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

  it('reuses a connection, and reads a body with a byte order mark', async () => {
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

  it('stops counting the time of a call once it has ended', async () => {
    const timers = createManualClock()
    await using server = await listen(http.createServer((_request, response) => response.end('{}')))
    const wire = createCoreHttp({ baseUrl: `http://127.0.0.1:${server.port}`, clock: timers, timers })
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
