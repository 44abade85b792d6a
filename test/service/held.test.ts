import { expect } from 'chai'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { basic } from '../simulators/till/encode.ts'
import { useRealSockets } from '../support/real-sockets.ts'
import { demo, openCounter, type Counter } from './counter.ts'

/** Attacks that the service withstands, tested so that it stays so. */
describe('a well-known attack', () => {
  useRealSockets()
  let counter: Counter
  beforeEach(async () => {
    counter = await openCounter()
    await counter.till.balance({ cardNumber: demo.cards.ben })
    counter.core.calls.length = 0
  })
  afterEach(() => counter.close())

  const login = basic({ venueId: demo.venueId, apiKey: demo.apiKey })
  const { anna } = demo.cards
  const inner = [
    'POST /zonal/v1/debit HTTP/1.1',
    'Host: a',
    `Authorization: ${login}`,
    'Content-Type: application/json',
  ]
  const debit = JSON.stringify({ cardNumber: anna, accountNumber: 'A-1', transactionId: 'T-1', points: 1 })
  const smuggled = [...inner, `Content-Length: ${debit.length}`, '', debit].join('\r\n')

  /** Sends bytes and ends its side: what comes back is everything that the service answers. */
  const exchange = async (bytes: string) => {
    const socket = connect(counter.service.port, '127.0.0.1')
    socket.end(bytes)
    return await text(socket)
  }
  const ask = (body: unknown, path = '/balance', headers: Record<string, string> = {}) =>
    counter.till.raw({
      path,
      headers: { 'content-type': 'application/json', authorization: login, ...headers },
      body: JSON.stringify(body),
    })

  // Two lengths, of which a proxy may believe the other: what follows would be a request of its own.
  const heads: [what: string, ...head: string[]][] = [
    ['a length and chunks', `Content-Length: ${smuggled.length + 5}`, 'Transfer-Encoding: chunked'],
    ['two lengths', 'Content-Length: 0', `Content-Length: ${smuggled.length}`],
    ['an invalid length', 'Content-Length: +0'],
    ['chunks under another name', 'Transfer-Encoding: xchunked'],
    ['a header name with a blank', `Content-Length : ${smuggled.length}`],
    ['a folded header line', 'X-Folded: a', ` Content-Length: ${smuggled.length}`],
  ]
  for (const [what, ...head] of heads)
    it(`has no effect: a request smuggled behind one with ${what}`, async () => {
      const first = ['POST /zonal/v1/balance HTTP/1.1', 'Host: a', ...head, '', '0\r\n\r\n'].join('\r\n')
      const answers = await exchange(first + smuggled)
      expect(answers).to.match(/^HTTP\/1\.1 4\d\d /)
      expect(counter.core.calls).to.deep.equal([])
    })

  const injected = [
    "'; DROP TABLE redemptions; --",
    "' OR 1=1 --",
    '$(id)',
    '{{7*7}}',
    '%0d%0aX-Injected: 1',
    '../../venue',
    '?status=redeemed',
    '#',
    '%2e%2e%2f',
  ]
  it('has no effect: a text that means something in SQL, a shell, a template or a path', async () => {
    for (const value of injected) {
      await ask({ cardNumber: value })
      const fields = { cardNumber: anna, accountNumber: value, transactionId: value }
      expect((await ask({ ...fields, points: 1 }, '/debit')).reply, value).to.include({ response: 'OK' })
      expect((await ask({ ...fields, points: 1 }, '/debit')).headers).to.have.property(
        'x-idempotent-replayed',
        'true',
      )
      expect((await ask({ ...fields, points: 1 }, '/credit')).reply).to.include({ response: 'OK' })
    }
    expect(counter.core.points(anna)).to.equal(1250)
    expect(counter.core.violations).to.deep.equal([])
    for (const { path } of counter.core.calls) expect(path).to.match(/^\/v1\/card\/[A-Z0-9]+(\/|$)/)
  })

  it('has no effect: a line break in an id, which would be a header of its own', async () => {
    for (const value of ['a\r\nX-Injected: 1', 'a\nb', 'a\u0000b']) {
      const named = { cardNumber: anna, accountNumber: value, rewardId: 'uc-1' }
      const { status, reply } = await ask(named, '/debit')
      expect([status, reply.code, reply.detail], JSON.stringify(value)).to.deep.equal([
        400,
        'MESSAGE_INVALID',
        'accountNumber must be a text or a whole number of at most 128 characters',
      ])
    }
    expect(counter.core.calls).to.deep.equal([])
  })

  it('has no effect: a field with a name that means something in JavaScript', async () => {
    for (const name of ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty']) {
      const { reply } = await counter.till.raw({
        path: '/balance',
        headers: { 'content-type': 'application/json', authorization: login },
        body: `{"${name}":{"cardNumber":"${demo.cards.ben}","polluted":true},"cardNumber":"${anna}"}`,
      })
      expect(reply, name).to.include({ response: 'OK' })
      expect(({} as Record<string, unknown>).polluted).to.equal(undefined)
    }
  })

  it('has no effect: a small message that unpacks to a large one', async () => {
    const body = gzipSync(Buffer.alloc(64 * 1024 ** 2, ' ')).toString('latin1')
    const head = ['Content-Encoding: gzip', `Content-Length: ${body.length}`, 'Connection: close']
    const socket = connect(counter.service.port, '127.0.0.1')
    socket.end(Buffer.from([...inner, ...head, '', body].join('\r\n'), 'latin1'))
    expect(await text(socket)).to.match(/^HTTP\/1\.1 413 /)
  })

  it('has no effect: a question about a member without valid credentials', async () => {
    for (const authorization of ['', 'Basic', basic({ venueId: demo.venueId, apiKey: 'a-guessed-key' })]) {
      const { text: said } = await ask({ cardNumber: anna }, '/balance', { authorization })
      expect(said).to.not.match(/Anna|Gold|1250|uc-coffee/)
    }
  })
})
