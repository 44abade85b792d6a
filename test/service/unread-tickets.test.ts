import type { UnreadMessage } from '../../src/model/words.ts'
import { expect } from 'chai'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import { text as allText } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { basic } from '../simulators/till/encode.ts'
import { readJournal } from '../support/read-journal.ts'
import { useRealSockets } from '../support/real-sockets.ts'
import { demo, openCounter, type Counter } from './counter.ts'

const login = basic({ venueId: demo.venueId, apiKey: demo.apiKey })
const json = 'application/json'
const bill = '{"ticketId":"B-1","closedAt":"2026-11-23T12:00:00Z","total":1.50,"name":"Ben"}'
const mib = 1024 ** 2

/**
 * Story: a till whose software wrote `"total":1,50` got 400 for every bill of a weekend, dropped them all, and none
 * was in the dead letters: only messages in valid JSON were kept.
 */
describe('a ticket that cannot be read', () => {
  useRealSockets()
  let counter: Counter
  beforeEach(async () => (counter = await openCounter()))
  afterEach(() => counter.close())

  type Sent = { path?: string; type?: string; headers?: Record<string, string>; authorization?: string }
  const post = async (
    body: string | Buffer,
    { path = '/ticket', type = json, headers, authorization = login }: Sent = {},
  ) => {
    const answer = await fetch(counter.service.url + path, {
      method: 'POST',
      headers: { 'content-type': type, authorization, ...headers },
      body: typeof body === 'string' ? body : new Uint8Array(body),
    })
    const reply = (await answer.json()) as { code: string; retry: boolean }
    return { status: answer.status, code: reply.code, retry: reply.retry }
  }
  const kept = () =>
    readJournal(counter.service, async (journal) => {
      const letters = await journal.deadLetters()
      const opened = await Promise.all(letters.map(({ id }) => journal.lookUps.openDeadLetter(id)))
      return opened.map((letter) => (letter?.kind === 'message' ? letter.message : expect.fail()))
    })
  const bytesOf = ({ base64 }: UnreadMessage) => Buffer.from(base64, 'base64')
  const lastLine = () => counter.service.lines().findLast(({ msg }) => msg === 'request')

  const form = 'application/x-www-form-urlencoded'
  const unreadable: [name: string, body: string | Buffer, status: number, sent?: Sent][] = [
    ['a trailing comma', bill.replace('}', ',}'), 400],
    ['a raw newline in a name', bill.replace('Ben', 'Ben\nO'), 400],
    ['a raw tab in a name', bill.replace('Ben', 'Ben\tO'), 400],
    ['a decimal comma', bill.replace('1.50', '1,50'), 400],
    ['NaN', bill.replace('1.50', 'NaN'), 400],
    ['an end that is cut off', bill.slice(0, -20), 400],
    ['an unescaped & in a form', `request=${bill.replace('Ben', 'Ben & Jerry')}`, 400, { type: form }],
    ['a list instead of an object', `[${bill}]`, 400],
    ['two requests', `{"request":${bill},"Request":{}}`, 400],
    ['another operation inside', bill.replace('{', '{"method":"balance",'), 400],
    ['XML', '<ticket id="B-1"/>', 415, { type: 'text/xml' }],
    ['no media type', bill, 415, { type: '' }],
    ['an unknown charset', bill, 415, { type: 'application/json; charset=klingon' }],
    ['an unknown packing', bill, 415, { headers: { 'content-encoding': 'zip' } }],
    ['not gzip although it says so', bill, 400, { headers: { 'content-encoding': 'gzip' } }],
    ['bytes of no charset', randomBytes(500), 400],
    ['nonsense at the bare base path', bill.replace('}', ',}'), 400, { path: '' }],
    ['XML at the bare base path', '<ticket id="B-1"/>', 415, { path: '/', type: 'text/xml' }],
    ['more than 256 KiB', `{"filler":"${'x'.repeat(300_000)}"}`, 413],
    ['1 MiB', Buffer.alloc(mib, 'x'), 413],
  ]
  for (const [name, body, status, sent] of unreadable)
    it(`is refused, and kept once, byte for byte: ${name}`, async () => {
      for (let times = 0; times < 2; times++)
        expect(await post(body, sent)).to.include({ status, retry: false })
      const letters = await kept()
      expect(letters).to.have.length(1)
      expect(bytesOf(letters[0]!).toString('latin1')).to.equal(Buffer.from(body).toString('latin1'))
      expect(letters[0]?.contentType).to.equal(sent?.type ?? json)
      expect(letters[0]).not.to.have.property('cut')
      expect(lastLine()).to.include({ isKept: true, venue: demo.venueId, status })
    })

  it('is counted as a dead letter', async () => {
    await post(`${bill},`)
    const metrics = await (await fetch(`${counter.service.managementUrl}/metrics`)).text()
    expect(metrics).to.match(/^zonal_tickets_taken_total\{result="dead_letter"\} 1$/m)
  })

  it('is kept unpacked, so that it can be looked at, though it came as gzip', async () => {
    await post(gzipSync(`${bill},`), { headers: { 'content-encoding': 'GZIP' } })
    const [letter] = await kept()
    expect(bytesOf(letter!).toString()).to.equal(`${bill},`)
    expect(letter).not.to.have.property('contentEncoding')
  })

  it('is kept as its first 64 KiB, its length and its hash if it is longer than 1 MiB, packed or not', async () => {
    const long = randomBytes(3 * mib)
    const cut = { totalBytes: long.length, sha256: createHash('sha256').update(long).digest('hex') }
    expect(await post(long)).to.include({ status: 413, code: 'MESSAGE_TOO_LARGE' })
    const zeros = Buffer.alloc(2 * mib)
    await post(gzipSync(zeros), { headers: { 'content-encoding': 'gzip' } })
    const letters = await kept()
    const [ofZeros, ofLong] = letters[0]!.cut?.totalBytes === zeros.length ? letters : letters.toReversed()
    expect(ofLong!.cut).to.deep.equal(cut)
    expect(bytesOf(ofLong!).compare(long.subarray(0, 65_536)), 'its first 64 KiB').to.equal(0)
    expect(ofZeros!.cut?.totalBytes).to.equal(zeros.length)
    expect(bytesOf(ofZeros!).compare(zeros.subarray(0, 65_536)), 'its first 64 KiB').to.equal(0)
  })

  it('is kept too if only its HTTP is broken', async () => {
    const socket = connect(counter.service.port, '127.0.0.1')
    await once(socket, 'connect')
    const said = allText(socket)
    const head = ['POST /zonal/v1/ticket HTTP/1.1', `Authorization: ${login}`, `Content-Type: ${json}`]
    const end = ['Connection: close', `Content-Length: ${bill.length}`, '', bill]
    socket.write([...head, ...end].join('\r\n'))
    expect(await said).to.match(/^HTTP\/1\.1 400 /)
    const [letter] = await readJournal(counter.service, (journal) => journal.deadLetters())
    expect(letter?.reason).to.equal('HTTP/1.1 without Host')
    expect(bytesOf((await kept())[0]!).toString()).to.equal(bill)
  })

  it('is not kept if its till hangs up in the middle, and its venue is not checked', async () => {
    const logged = counter.service.line(({ msg }) => msg === 'request')
    const socket = connect(counter.service.port, '127.0.0.1')
    await once(socket, 'connect')
    const head = [
      'POST /zonal/v1/ticket HTTP/1.1',
      'Host: a',
      `Authorization: ${login}`,
      `Content-Type: ${json}`,
    ]
    socket.write(`${head.join('\r\n')}\r\nContent-Length: 1000\r\n\r\n${bill}`, () => socket.destroy())
    expect(await logged).to.include({ message: 'ticket', isAnswered: false })
    // Once another request is answered, this one has had its effect, if any.
    await post('{', { path: '/balance' })
    expect(await kept()).to.deep.equal([])
    expect(counter.core.calls).to.have.length(0)
  })

  it('is not kept if it is longer than 16 MiB: then it is refused without being read to its end', async () => {
    const socket = connect(counter.service.port, '127.0.0.1')
    socket.on('error', () => undefined)
    await once(socket, 'connect')
    const said = allText(socket)
    const head = [
      'POST /zonal/v1/ticket HTTP/1.1',
      'Host: a',
      `Authorization: ${login}`,
      `Content-Type: ${json}`,
    ]
    socket.write(`${head.join('\r\n')}\r\nContent-Length: ${100 * mib}\r\n\r\n`)
    for (let written = 0; written < 16; written++) socket.write(Buffer.alloc(mib, 'x'))
    socket.write('x')
    expect(await said).to.match(/^HTTP\/1\.1 413 [^]*^Connection: close/m)
    expect(await kept()).to.deep.equal([])
  })

  it('is not kept if it comes without credentials, with a wrong key, or from an unknown venue', async () => {
    for (const [authorization, status, code] of [
      ['', 400, 'MESSAGE_UNREADABLE'],
      ['Basic !', 401, 'CREDENTIALS_MISSING'],
      [basic({ venueId: demo.venueId, apiKey: 'not-the-key-of-anybody' }), 401, 'CREDENTIALS_WRONG'],
      [basic({ venueId: '9999', apiKey: demo.apiKey }), 403, 'VENUE_UNKNOWN'],
    ] as const) {
      const answer = await post(`${bill},`, { authorization })
      expect(answer, authorization).to.deep.equal({ status, code, retry: false })
    }
    expect(await kept()).to.deep.equal([])
  })

  it('is put off while its venue cannot be checked, so that its till keeps it', async () => {
    counter.core.faults.next({ kind: 'reset' })
    expect(await post(`${bill},`)).to.deep.equal({ status: 503, code: 'CORE_UNAVAILABLE', retry: true })
    expect(await kept()).to.deep.equal([])
  })

  it('is kept, but another message is not: that is refused, and its venue is not checked', async () => {
    const long = JSON.stringify({
      method: 'balance',
      cardNumber: demo.cards.anna,
      filler: 'x'.repeat(20_000),
    })
    expect(await post('{', { path: '/balance' })).to.include({ status: 400 })
    expect(await post('{', { path: '/debit', type: 'text/xml' })).to.include({ status: 415 })
    expect(await post(long, { path: '' })).to.include({ status: 413, code: 'MESSAGE_TOO_LARGE' })
    expect(await post(long.replace('balance', 'ticket'), { path: '' })).to.include({
      code: 'MESSAGE_INVALID',
    })
    expect(await kept()).to.have.length(1)
  })

  it('is not kept if it is empty', async () => {
    expect(await post('')).to.include({ status: 400, code: 'MESSAGE_UNREADABLE' })
    expect(counter.core.calls).to.have.length(0)
    expect(await kept()).to.deep.equal([])
  })

  it('is kept if its credentials are inside, and at least these can be read', async () => {
    const inside = { username: Number(demo.venueId), password: demo.apiKey, ticketId: 'B-1', total: 5 }
    expect(await post(JSON.stringify(inside), { authorization: '' })).to.include({ code: 'MESSAGE_INVALID' })
    const [letter] = await kept()
    const removed = { ...inside, username: '(removed)', password: '(removed)' }
    expect(JSON.parse(bytesOf(letter!).toString())).to.deep.equal(removed)
  })
})

describe('a ticket that cannot be read, if the till must not get 400,', () => {
  useRealSockets()

  it('is answered with 200 whatever is wrong with it, since it is kept', async () => {
    const counter = await openCounter({ INVALID_TICKET_HTTP_STATUS: '200' })
    try {
      for (const [type, body] of [
        [json, '{"total":1,50}'],
        ['text/xml', '<ticket/>'],
        [json, ' '.repeat(300_000)],
      ] as const) {
        const headers = { 'content-type': type, authorization: login }
        const { status, reply } = await counter.till.raw({ path: '/ticket', headers, body })
        expect([status, reply.response]).to.deep.equal([200, 'Error'])
      }
    } finally {
      await counter.close()
    }
  })
})
