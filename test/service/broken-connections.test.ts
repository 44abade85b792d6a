import { expect } from 'chai'
import { answersIn, readCounter, say, type RawClient } from '../http/raw-client.ts'
import { basic } from '../simulators/till/encode.ts'
import { beginTogether } from '../support/begin-together.ts'
import { useRealSockets } from '../support/real-sockets.ts'
import { demo, openCounter, type Counter } from './counter.ts'

const login = `Authorization: ${basic({ venueId: demo.venueId, apiKey: demo.apiKey })}`
const json = 'Content-Type: application/json'
const post = (path: string, ...lines: string[]) =>
  [`POST /zonal/v1${path} HTTP/1.1`, 'Host: adapter', ...lines, '', ''].join('\r\n')
const get = 'GET /zonal/v1 HTTP/1.1\r\nHost: adapter\r\n\r\n'

describe('input that ends before it is a request', () => {
  useRealSockets()
  let counter: Counter
  const clients: RawClient[] = []
  before(async () => (counter = await openCounter()))
  afterEach(() => {
    for (const { socket } of clients.splice(0)) socket.destroy()
  })
  after(() => counter.close())

  const talk = async (bytes: string) => {
    const client = await say(counter.service.port, bytes)
    clients.push(client)
    return client
  }
  const ended = (requestId: unknown) =>
    counter.service.line((line) => line.msg.startsWith('a connection ended') && line.requestId === requestId)
  const count = (reason: string) =>
    readCounter(counter.service.managementUrl, `zonal_connections_ended_total{reason="${reason}"}`)

  const broken = {
    'not HTTP at all': {
      bytes: 'garbage\r\n\r\n',
      expected: { reason: 'unreadable', status: 400, code: 'MESSAGE_UNREADABLE' },
    },
    'headers without an end': {
      bytes: `GET /${'x'.repeat(9_000)}`,
      expected: { reason: 'headers_too_large', status: 400, code: 'MESSAGE_UNREADABLE' },
    },
    'headers that stop in the middle': {
      bytes: post('/ticket', login).slice(0, -4),
      expected: { reason: 'late', status: 503, code: 'CORE_UNAVAILABLE' },
    },
  }
  type Broken = keyof typeof broken
  // The last is answered after ten seconds.
  const outcomeOf = beginTogether(Object.keys(broken) as Broken[], async (what) => {
    const { bytes, expected } = broken[what]
    const before = await count(expected.reason)
    const answers = answersIn(await (await say(counter.service.port, bytes)).closed)
    const line = await ended(answers[0]?.body.requestId)
    return { answers, line, counted: (await count(expected.reason)) - before }
  })

  for (const [what, { expected }] of Object.entries(broken))
    it(`is answered, logged under the request id of its answer, and counted: ${what}`, async () => {
      const { answers, line, counted } = await outcomeOf(what as Broken)
      expect(answers).to.have.length(1)
      const { status, head, body } = answers[0]!
      expect([status, body.code, body.retry]).to.deep.equal([
        expected.status,
        expected.code,
        expected.status === 503,
      ])
      expect(head.toLowerCase().includes('retry-after: ')).to.equal(expected.status === 503)
      expect(line).to.include({
        port: 'tills',
        reason: expected.reason,
        sourceAddress: '127.0.0.1',
        requestId: body.requestId,
      })
      expect(counted).to.equal(1)
    })

  // The process ended: a CONNECT was answered on a connection that was still waiting for another answer.
  it('is answered after the request before it, even if it asks for a tunnel', async () => {
    const { closed } = await talk(`${get}CONNECT core:443 HTTP/1.1\r\nHost: core:443\r\n\r\n`)
    const [first, second] = answersIn(await closed)
    expect([first?.status, second?.status, second?.body.code]).to.deep.equal([200, 405, 'METHOD_NOT_ALLOWED'])
  })

  // A till took the second answer for the one to its debit, which had been done.
  it('is never answered in place of the request before it', async () => {
    await counter.till.balance({ cardNumber: demo.cards.anna })
    const body = JSON.stringify({
      cardNumber: demo.cards.anna,
      accountNumber: 'A-9',
      transactionId: 'P-9',
      points: 1,
    })
    const debit = post('/debit', login, json, `Content-Length: ${body.length}`) + body
    const [first, second] = answersIn(await (await talk(`${debit}garbage\r\n\r\n`)).closed)
    expect([first?.status, first?.body.response]).to.deep.equal([200, 'OK'])
    expect([second?.status, second?.body.code]).to.deep.equal([400, 'MESSAGE_UNREADABLE'])
  })

  it('does not fill the log, however much of it comes', async () => {
    const flood = await openCounter()
    try {
      for (let sent = 0; sent < 30; sent++) await (await say(flood.service.port, 'garbage\r\n\r\n')).closed
      const lines = flood.service.lines().filter(({ reason }) => reason === 'unreadable')
      expect(lines).to.have.length(10)
      const series = 'zonal_connections_ended_total{reason="unreadable"}'
      expect(await readCounter(flood.service.managementUrl, series)).to.equal(30)
    } finally {
      await flood.close()
    }
  })
})

/**
 * Story: whoever sent half of a message and was answered before its end, since its media type was wrong for example,
 * could keep its connection for as long as it wanted.
 */
describe('an upload that stops in the middle', () => {
  useRealSockets()
  let counter: Counter
  before(async () => (counter = await openCounter({ POS_DEADLINE_MS: '600' })))
  after(() => counter.close())

  const half = ['Content-Length: 1000', login]
  const stopped = {
    'of an unknown operation': { head: post('/nowhere', json, ...half), code: 'CORE_UNAVAILABLE' },
    'of a wrong media type': {
      head: post('/balance', 'Content-Type: text/xml', ...half),
      code: 'MEDIA_TYPE_UNSUPPORTED',
    },
    'that is too large': {
      head: post('/debit', json, 'Content-Length: 99999', login),
      code: 'MESSAGE_TOO_LARGE',
    },
    'of a balance': { head: post('/balance', json, ...half), code: 'CORE_UNAVAILABLE' },
    'that expects 100-continue': {
      head: post('/credit', json, 'Expect: 100-continue', ...half),
      code: 'CORE_UNAVAILABLE',
    },
    'by a wrong method': {
      head: post('/balance', json, ...half).replace('POST', 'PUT'),
      code: 'METHOD_NOT_ALLOWED',
    },
    'of a chunked message': {
      head: post('/balance', 'Content-Type: text/xml', 'Transfer-Encoding: chunked'),
      code: 'MEDIA_TYPE_UNSUPPORTED',
    },
    'of a GET, which has no body': {
      head: get.replace('\r\n\r\n', '\r\nContent-Length: 9\r\n\r\n'),
      code: undefined,
    },
  }
  type Stopped = keyof typeof stopped
  const heardOf = beginTogether(Object.keys(stopped) as Stopped[], async (what) => {
    const { head } = stopped[what]
    const client = await say(counter.service.port, `${head}${head.includes('chunked') ? '1\r\n{\r\n' : '{'}`)
    const heard = await client.closed
    client.socket.destroy()
    return heard
  })
  // A ticket is waited for ten seconds.
  const ticketAnswer = beginTogether(['a ticket'], async () => {
    const client = await say(counter.service.port, `${post('/ticket', 'Content-Type: text/xml', ...half)}<`)
    const [answer] = answersIn(await client.closed)
    client.socket.destroy()
    return answer
  })

  for (const [what, { code }] of Object.entries(stopped))
    it(`is answered, and then its connection is closed: ${what}`, async () => {
      const heard = (await heardOf(what as Stopped)).replace('HTTP/1.1 100 Continue\r\n\r\n', '')
      expect(answersIn(heard).map(({ body }) => body.code)).to.deep.equal([code])
    })

  it('may be finished after its answer, and its connection stays open', async () => {
    const body = ' '.repeat(1000)
    const client = await say(counter.service.port, post('/balance', 'Content-Type: text/xml', ...half))
    await client.heardUntil('MEDIA_TYPE_UNSUPPORTED')
    client.socket.write(body + get.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'))
    expect(answersIn(await client.closed).map(({ status }) => status)).to.deep.equal([415, 200])
  })

  it('is put off if it is a ticket, even one that could never be read, under one request id', async () => {
    const answer = await ticketAnswer('a ticket')
    expect(answer?.body).to.include({ code: 'CORE_UNAVAILABLE', retry: true })
    const logged = await counter.service.line(({ msg, message }) => msg === 'request' && message === 'ticket')
    expect(logged).to.include({
      code: 'CORE_UNAVAILABLE',
      requestId: answer?.body.requestId,
      isAnswered: true,
    })
  })
})
