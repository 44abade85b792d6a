import { expect } from 'chai'
import { connect } from 'node:net'
import { createFuzz, type Fuzz } from '../dialects/fuzz.ts'
import { basic } from '../simulators/till/encode.ts'
import { useRealSockets } from '../support/real-sockets.ts'
import { demo, openCounter, type Counter } from './counter.ts'

const login = basic({ venueId: demo.venueId, apiKey: demo.apiKey })

describe('any input to any address', () => {
  useRealSockets()
  let counter: Counter
  let fuzz: Fuzz
  before(async () => {
    counter = await openCounter()
    fuzz = await createFuzz()
  })
  after(() => counter.close())

  it('is answered in the documented shape', async function () {
    this.timeout(60_000)
    await fuzz.throwAll(counter, 1500)
  })

  it('is answered for every method', async () => {
    for (const method of ['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])
      for (const path of ['', '/balance', '/nowhere', '/../../etc/passwd']) {
        const response = await fetch(counter.service.url + path, { method })
        fuzz.expectShape(await response.text(), response.status, response.headers.get('content-type'))
      }
  })

  /**
   * Story: `Allow` of the base address with a slash at the end was `POST`, though a GET there shows that the address is
   * right.
   */
  it('gets in Allow the methods of its address, however the address is written', async () => {
    const { service } = counter
    const allowed = async (path: string) => {
      const { headers } = await fetch(service.origin + path, { method: 'PUT' })
      return headers.get('allow')
    }
    for (const base of ['/zonal/v1', '/zonal/v1/', '/Zonal/V1']) {
      expect((await fetch(service.origin + base)).status, base).to.equal(200)
      expect(await allowed(base), base).to.equal('GET, POST')
    }
    for (const path of ['/zonal/v1/balance', '/zonal/v1/balance/', '/zonal/v1/nowhere'])
      expect(await allowed(path), path).to.equal('POST')
  })

  it('is answered if it is not HTTP at all', async () => {
    for (const bytes of [
      'garbage\r\n\r\n',
      'GET / HTTP/9.9\r\n\r\n',
      `GET /${'x'.repeat(20_000)} HTTP/1.1\r\n\r\n`,
      '\u0016\u0003\u0001'.repeat(50),
    ]) {
      const answer = await exchange(counter.service.port, bytes)
      const [head = '', body = ''] = answer.split('\r\n\r\n')
      expect(head).to.match(/^HTTP\/1\.1 4\d\d /)
      fuzz.expectShape(body, 400, typeIn(head))
    }
  })

  /**
   * Story: a hotel's proxy left out `Host`, and a till behind it got an empty 400, which its plugin took for a network
   * fault. Nothing was logged.
   */
  for (const [name, head, code] of [
    ['without Host', ['POST /zonal/v1/balance HTTP/1.1'], 'MESSAGE_UNREADABLE'],
    ['without Host, to see whether the address is right', ['GET /zonal/v1 HTTP/1.1'], 'MESSAGE_UNREADABLE'],
    [
      'with an unknown Expect',
      ['POST /zonal/v1/debit HTTP/1.1', 'Host: a', 'Expect: 200-ok'],
      'MESSAGE_UNREADABLE',
    ],
    [
      'with more than a hundred headers',
      ['GET /zonal/v1 HTTP/1.1', 'Host: a', ...Array.from({ length: 100 }, (_, index) => `X-${index}: x`)],
      'MESSAGE_UNREADABLE',
    ],
    ['for a tunnel', ['CONNECT core:443 HTTP/1.1', 'Host: core:443'], 'METHOD_NOT_ALLOWED'],
    ['for a tunnel, without Host', ['CONNECT core:443 HTTP/1.1'], 'METHOD_NOT_ALLOWED'],
    [
      'for another protocol',
      ['POST /zonal/v1/nowhere HTTP/1.1', 'Host: a', 'Upgrade: h2c'],
      'OPERATION_UNKNOWN',
    ],
  ] as const)
    it(`is answered and logged if it is a request ${name}`, async () => {
      const connection = name.includes('protocol') ? 'Connection: Upgrade, close' : 'Connection: close'
      const request = [...head, connection, 'Content-Type: application/json', 'Content-Length: 2', '', '{}']
      const answer = await exchange(counter.service.port, request.join('\r\n'))
      const [said = '', body = ''] = answer.split('\r\n\r\n')
      fuzz.expectShape(body, 400, typeIn(said))
      const reply = JSON.parse(body) as Record<string, unknown>
      expect(said).to.match(new RegExp(`^X-Request-Id: ${String(reply.requestId)}$`, 'm'))
      expect(reply.code).to.equal(code)
      const logged = counter.service.line((line) => line.requestId === reply.requestId)
      expect(await logged).to.include({ msg: 'request', code })
    })

  it('is accepted if it expects 100-continue, or is HTTP 1.0 without Host', async () => {
    for (const [head, ...more] of [
      ['GET /zonal/v1 HTTP/1.0'],
      ['GET /zonal/v1 HTTP/1.1', 'Host: a', 'Expect: 100-Continue'],
    ]) {
      const answer = await exchange(
        counter.service.port,
        [head, ...more, 'Connection: close', '', ''].join('\r\n'),
      )
      expect(answer).to.match(/^HTTP\/1\.1 200 /m)
    }
  })

  it('changes no prototypes', async () => {
    const body =
      '{"__proto__":{"isVoid":true,"polluted":1},"constructor":{"prototype":{"polluted":1}},"ticketId":"B-1","closedAt":"2026-11-23T12:00:00Z","total":1,"items":[{"__proto__":{"polluted":1}}]}'
    const { reply } = await counter.till.raw({
      path: '/ticket',
      headers: { 'content-type': 'application/json', authorization: login },
      body,
    })
    expect(reply).to.include({ response: 'OK' })
    expect(({} as Record<string, unknown>).polluted).to.equal(undefined)
  })

  it('never leads to an unexpected error', () => {
    expect(
      counter.service.lines().filter(({ level }) => level === 'error' || level === 'fatal'),
    ).to.deep.equal([])
  })
})

function typeIn(head: string): string | null {
  return /^content-type: (.*)$/im.exec(head)?.[1] ?? null
}

function exchange(port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes))
    socket.on('data', (chunk) => (answer += String(chunk)))
    socket.on('close', () => resolve(answer))
    socket.on('error', reject)
  })
}
