import { connect } from 'node:net'
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { expect } from 'chai'
import Koa from 'koa'
import nock from 'nock'
import { Refusal } from '../../src/model/refusal.ts'
import { createExchange } from '../../src/exchange.ts'
import { systemClock, systemTimers } from '../../src/time/clock.ts'
import { registeredDialects as dialects } from '../../src/zonal/dialects/registered.ts'
import { createBodyReader } from '../../src/zonal/http/body.ts'
import { createDialectChoice } from '../../src/zonal/http/choose-dialect.ts'
import type { TillState } from '../../src/zonal/http/state.ts'
import { serve } from './serve.ts'

const json = { 'Content-Type': 'application/json' }
const message = '{"cardNumber":"Žofia 1 £"}'

describe('the body of a request', () => {
  let port: number
  let close: () => Promise<void>
  let onRefused: (error: unknown) => void = () => undefined

  before(async () => {
    // nock would unpack bodies that are broken on purpose, and replace the sockets.
    nock.restore()
    const app = new Koa<TillState>()
    app.silent = true
    app.use(async (ctx, next) => {
      try {
        await next()
      } catch (error) {
        onRefused(error)
        ctx.body = { code: error instanceof Refusal ? error.code : String(error) }
      }
    })
    app.use(async (ctx, next) => {
      ctx.state.exchange = createExchange(systemClock, 2500)
      await next()
    })
    app.use(createDialectChoice({ dialects, basePath: '/zonal/v1' }))
    const readBody = createBodyReader({ pace: () => undefined, timers: systemTimers })
    app.use(async (ctx) => {
      ctx.body = { text: await readBody(ctx) }
    })
    ;({ port, close } = await serve(app))
  })

  after(async () => {
    nock.activate()
    await close()
  })

  async function post(path: string, headers: Record<string, string>, body: string | Buffer | ReadableStream) {
    const bytes = typeof body === 'string' ? Buffer.from(body) : body
    const init = { method: 'POST', headers, body: bytes, duplex: 'half' } as const
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, init)
    const { text, code }: { text?: string; code?: string } = JSON.parse(await answer.text())
    return { connection: answer.headers.get('connection'), text, code }
  }

  for (const type of [
    'application/json',
    'APPLICATION/JSON; charset=UTF-8',
    'application/json;',
    'text/json; charset="utf-8"',
    'application/vnd.zonal.v1+json',
    'application/x-www-form-urlencoded',
  ])
    it(`is taken as text, unparsed, from ${type}`, async () => {
      expect(await post('/zonal/v1/balance', { 'Content-Type': type }, message)).to.include({ text: message })
    })

  const [pound, euro] = ['{"a":"£"}', '{"a":"€"}']
  for (const [charset, bytes, expected] of [
    ['utf-8', Buffer.from(`\ufeff${message}`), message],
    ['iso-8859-1', Buffer.from(pound, 'latin1'), pound],
    ['Windows-1252', Buffer.from('{"a":"\x80"}', 'latin1'), euro],
    ['utf-16le', Buffer.from(pound, 'utf16le'), pound],
    ['utf-16', Buffer.from(`\ufeff${pound}`, 'utf16le'), pound],
    ['utf-16', Buffer.from(`\ufeff${pound}`, 'utf16le').swap16(), pound],
    ['us-ascii', Buffer.from(pound), pound],
    ['"UTF-16LE"', Buffer.from(pound, 'utf16le'), pound],
    ['Latin1', Buffer.from(pound, 'latin1'), pound],
  ] as const)
    it(`is decoded from ${charset} (${bytes.subarray(0, 2).toString('hex')} …)`, async () => {
      const { text } = await post(
        '/zonal/v1/debit',
        { 'Content-Type': `text/json;charset=${charset}` },
        bytes,
      )
      expect(text).to.equal(expected)
    })

  for (const [encoding, packed] of [
    ['gzip', gzipSync(message)],
    ['GZIP', gzipSync(message)],
    ['x-gzip', gzipSync(message)],
    ['identity, X-GZip', gzipSync(message)],
    ['deflate', deflateSync(message)],
    ['Deflate', deflateSync(message, { level: 0 })],
    ['deflate', deflateRawSync(message)],
    ['deflate', deflateRawSync(message, { level: 0 })],
    ['br', brotliCompressSync(message)],
    ['Identity', Buffer.from(message)],
  ] as const)
    it(`is unpacked from ${encoding} (${packed.subarray(0, 2).toString('hex')} …)`, async () => {
      const answer = await post('/zonal/v1/balance', { ...json, 'Content-Encoding': encoding }, packed)
      expect(answer).to.include({ text: message })
    })

  for (const [name, headers] of [
    ['no media type', {}],
    ['text/plain', { 'Content-Type': 'text/plain' }],
    ['text/xml', { 'Content-Type': 'text/xml' }],
    ['an unknown charset', { 'Content-Type': 'application/json; charset=klingon' }],
    ['an unknown encoding', { ...json, 'Content-Encoding': 'zip' }],
    ['two encodings', { ...json, 'Content-Encoding': 'gzip, br' }],
  ] as const)
    it(`is refused with ${name}`, async () => {
      expect(await post('/zonal/v1/balance', headers, message)).to.include({ code: 'MEDIA_TYPE_UNSUPPORTED' })
    })

  for (const [name, headers, body] of [
    ['empty', json, ''],
    ['blank', json, ' \n'],
    ['no gzip at all', { ...json, 'Content-Encoding': 'gzip' }, message],
    ['a gzip cut short', { ...json, 'Content-Encoding': 'gzip' }, gzipSync(message).subarray(0, 20)],
  ] as const)
    it(`is unreadable: ${name}`, async () => {
      expect(await post('/zonal/v1/balance', headers, body)).to.include({ code: 'MESSAGE_UNREADABLE' })
    })

  const kib = (size: number) => 'x'.repeat(size * 1024)
  for (const [path, size] of [
    ['/zonal/v1/balance', 16],
    ['/zonal/v1/Debit/', 16],
    ['/zonal/v1/CREDIT', 16],
    ['/zonal/v1/unheard-of', 16],
    ['/zonal/v1/TICKET/', 256],
    ['/zonal/v1', 256],
    ['/zonal/v1/', 256],
  ] as const)
    it(`may have ${size} KiB at ${path}, and not a byte more`, async () => {
      expect(await post(path, json, kib(size))).to.include({ text: kib(size) })
      const tooLarge = await post(path, json, `${kib(size)}x`)
      expect(tooLarge).to.include({ code: 'MESSAGE_TOO_LARGE', connection: 'close' })
    })

  it('is measured unpacked, and in pieces too', async () => {
    const packed = await post('/zonal/v1/balance', { ...json, 'Content-Encoding': 'gzip' }, gzipSync(kib(17)))
    // It has come to its end, so its connection can go on.
    expect(packed).to.include({ code: 'MESSAGE_TOO_LARGE', connection: 'keep-alive' })
    const pieces = await post('/zonal/v1/balance', json, ReadableStream.from([Buffer.from(kib(17))]))
    expect(pieces).to.include({ code: 'MESSAGE_TOO_LARGE', connection: 'close' })
  })

  for (const packing of ['identity', 'gzip'])
    it(`is given up when the till hangs up in the middle (${packing})`, async () => {
      const refused = new Promise((resolve) => {
        onRefused = resolve
      })
      const socket = connect(port, '127.0.0.1')
      const head = `POST /zonal/v1/balance HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Encoding: ${packing}\r\nContent-Length: 999\r\n\r\n`
      socket.write(head)
      socket.write(gzipSync(message).subarray(0, 12), () => socket.destroy())
      expect(await refused).to.include({ code: 'MESSAGE_UNREADABLE' })
    })

  it('is never in an error', async () => {
    const refused = new Promise<unknown>((resolve) => {
      onRefused = resolve
    })
    await post('/zonal/v1/balance', { ...json, 'Content-Encoding': 'gzip' }, 'URCARD123')
    expect(await refused).to.have.property('cause', undefined)
  })
})
