import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect } from 'chai'
import Koa from 'koa'
import { pino } from 'pino'
import { createExchange } from '../../src/exchange.ts'
import { systemClock, systemTimers } from '../../src/time/clock.ts'
import { createCapture } from '../../src/zonal/capture/capture.ts'
import { registeredDialects as dialects } from '../../src/zonal/dialects/registered.ts'
import { createBodyReader } from '../../src/zonal/http/body.ts'
import { createDialectChoice } from '../../src/zonal/http/choose-dialect.ts'
import type { TillState } from '../../src/zonal/http/state.ts'
import { recordingsIn } from '../support/recordings-in.ts'
import { serve } from './serve.ts'

const basic = `Basic ${Buffer.from('1902:key-of-the-venue').toString('base64')}`
const reply = { response: 'OK', cardNumber: 'URCARD123', member: { name: 'Anna K.' }, points: 5 }

type Recording = {
  name: string
  note: string
  request: { method: string; path: string; headers: Record<string, string>; body: string }
  reply: { status: number; body: Record<string, unknown> }
}

describe('capture', () => {
  let dir: string
  const closers: (() => Promise<void>)[] = []

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'capture-'))
  })
  afterEach(async () => {
    for (const close of closers.splice(0)) await close()
    await rm(dir, { recursive: true })
  })

  async function start(
    folder: string,
    onFailure: () => void = () => undefined,
    captureNames: 'replace' | 'keep' = 'replace',
  ) {
    const metrics = { captureFailures: { inc: onFailure } }
    const app = new Koa<TillState>()
    app.use(async (ctx, next) => {
      Object.assign(ctx.state, { exchange: createExchange(systemClock, 2500), code: 'OK' })
      await next()
    })
    const basePath = '/zonal/v1'
    app.use(createDialectChoice({ dialects, basePath }))
    const deps = { captureDir: folder, captureNames, basePath, cardPrefixes: ['LOY-'], dialects }
    app.use(createCapture({ ...deps, log: pino({ level: 'silent' }), metrics }).step)
    app.use(async (ctx, next) => {
      await next().catch(() => undefined)
      ctx.body = JSON.stringify(reply)
    })
    const readBody = createBodyReader({ pace: () => undefined, timers: systemTimers })
    app.use(async (ctx) => void (await readBody(ctx)))
    const { port, close } = await serve(app)
    closers.push(close)
    return `http://127.0.0.1:${port}/zonal/v1`
  }

  async function record(
    path: string,
    contentType: string,
    body: string | Uint8Array<ArrayBuffer>,
  ): Promise<Recording> {
    const base = await start(dir)
    const headers = { 'Content-Type': contentType, Authorization: basic, 'X-Auth-BrandToken': 'brand-secret' }
    const answer = await fetch(`${base}${path}`, { method: 'POST', headers, body })
    expect(await answer.json()).to.deep.equal(reply)
    return await firstRecording()
  }

  async function firstRecording(): Promise<Recording> {
    const [recording = ''] = await recordingsIn(dir, 1)
    return JSON.parse(recording)
  }

  const secrets = [
    'key-of-the-venue',
    'brand-secret',
    'URCARD123',
    'Anna',
    'Novak',
    '07700900123',
    'S-17',
    'x-token',
  ]
  const message = {
    request: {
      method: 'ticket',
      UserName: '1902',
      PASSWORD: 'key-of-the-venue',
      CardId: 'LOY-URCARD123',
      staffId: 'S-17',
      guest: { fullName: 'Anna Novak', phone: '07700900123', token: 'x-token' },
      total: 23.5,
      items: [{ aztecId: 10000000123, name: 'Pie', cardNumber: 'URCARD123', memo: 'for Anna' }],
    },
  }

  for (const [name, contentType, body] of [
    ['JSON', 'application/json', JSON.stringify(message)],
    [
      'a form',
      'application/x-www-form-urlencoded',
      new URLSearchParams({ request: JSON.stringify(message), password: 'key-of-the-venue' }).toString(),
    ],
  ] as const)
    it(`of ${name} keeps its shape, and no personal data`, async () => {
      const recording = await record('/ticket?card=URCARD123', contentType, body)
      for (const secret of secrets) expect(JSON.stringify(recording)).not.to.include(secret)
      expect(recording).to.include({ origin: 'captured', event: null })
      expect(recording.request.headers).to.include({
        authorization: 'Basic (removed)',
        'x-auth-brandtoken': '(removed)',
        'content-type': contentType,
      })
      const text = recording.request.body
      const kept = JSON.parse(
        contentType.includes('form') ? (new URLSearchParams(text).get('request') ?? '') : text,
      )
      expect(kept.request).to.have.all.keys(Object.keys(message.request))
      expect(kept.request).to.include({ method: 'ticket', UserName: '(removed)', total: 23.5 })
      expect(kept.request.guest.phone).to.match(/^[1-9]{11}$/)
      expect(kept.request.items[0]).to.include({ aztecId: 10000000123, name: 'Pie' })
      expect(recording.reply.body).to.include({ response: 'OK', points: 5 })
    })

  it('shows that it is the same card, behind a prefix, in a line and in the reply', async () => {
    const { request, reply } = await record('/ticket', 'application/json', JSON.stringify(message))
    const kept = JSON.parse(request.body).request
    const card: string = kept.items[0].cardNumber
    expect(card).to.match(/^[A-Z]{6}[1-9]{3}$/)
    expect(kept.CardId).to.equal(`LOY-${card}`)
    expect(reply.body.cardNumber).to.equal(card)
  })

  // The number without its blanks is nowhere in the message, so it was not found there, and all but its last digit was
  // captured.
  for (const [written, pattern] of [
    ['URCARD 123', /^[A-Z]{6} [1-9]{3}$/],
    ['LOY-UR CARD 123', /^LOY-[A-Z]{2} [A-Z]{4} [1-9]{3}$/],
    ['https://app.example/c/URCARD%20123', /^https:\/\/[a-z]{3}\.[a-z]{7}\/[a-z]\/[A-Z]{6}%20[1-9]{3}$/],
    [
      'https://a.example/URCARD123?of=URCARD123',
      /^https:\/\/[a-z]\.[a-z]{7}\/[A-Z]{6}[1-9]{3}\?[a-z]{2}=[A-Z]{6}[1-9]{3}$/,
    ],
  ] as const)
    it(`shows how a card is written: ${written}`, async () => {
      const body = JSON.stringify({ cardNumber: written, accountNumber: 'A-1', cardId: 'URCARD123' })
      const { request } = await record('/ticket', 'application/json', body)
      const kept = JSON.parse(request.body)
      expect(kept.cardNumber).to.match(pattern)
      expect(kept.cardNumber.replaceAll(/%20|\s/g, '')).to.include(kept.cardId)
      expect(request.body).not.to.match(/UR ?CARD|123/)
    })

  it('reads a list of one as a list', async () => {
    const body = '{"items":{"aztecId":5,"name":"Pie","cardNumber":"URCARD123"}}'
    const { request } = await record('/ticket', 'application/json', body)
    expect(request.body).to.match(
      /^\{"items":\{"aztecId":5,"name":"Pie","cardNumber":"[A-Z]{6}[1-9]{3}"\}\}$/,
    )
  })

  it('writes numbers as they came, and stand-ins of numbers as numbers', async () => {
    const body =
      '{"total":5.50,"ticketId":9223372036854775807,"cardNumber":9826123456789012345,"other":-100.250}'
    const { request } = await record('/ticket', 'application/json', body)
    expect(request.body).to.match(
      /^\{"total":5\.50,"ticketId":9223372036854775807,"cardNumber":[1-9]{19},"other":-[1-9]{3}\.[1-9]{3}\}$/,
    )
    expect(request.body).not.to.include('9826123456789012345')
  })

  // The service could not have captured a till's real message: it did not look at what it could not understand.
  for (const [name, contentType, body, shape] of [
    [
      'broken JSON',
      'application/json',
      '{"cardNumber":"URCARD123","total":1,50,"guest":"Anna Novak",}',
      /^\{"cardNumber":"[A-Z]{6}\d{3}","total":\d,\d\d,"[a-z]{5}":"[A-Z][a-z]{3} [A-Z][a-z]{4}",\}$/,
    ],
    [
      'XML',
      'text/xml',
      '<?xml version="1.0"?>\n<loy:Request id="7"><cardNumber>URCARD123</cardNumber><n:x>Anna &amp; Novak</n:x></loy:Request>',
      /^<\?[a-z]{3} [a-z]{7}="\d\.\d"\?>\n<loy:Request id="\d"><cardNumber>[A-Z]{6}\d{3}<\/cardNumber><n:x>[A-Z][a-z]{3} &[a-z]{3}; [A-Z][a-z]{4}<\/n:x><\/loy:Request>$/,
    ],
    [
      'a form of its own',
      'application/x-www-form-urlencoded',
      'card=URCARD123&password=key-of-the-venue&guest=Anna+Novak',
      /^card=[A-Z]{6}\d{3}&password=%28removed%29&guest=[A-Z][a-z]{3}\+[A-Z][a-z]{4}$/,
    ],
    [
      'lines in an unknown format',
      'text/plain; charset=ebcdic',
      'CARD|URCARD123|£5.00\r\nguest: Anna Novak\r\n',
      /^[A-Z]{4}\|[A-Z]{6}\d{3}\|£\d\.\d\d\r\n[a-z]{5}: [A-Z][a-z]{3} [A-Z][a-z]{4}\r\n$/,
    ],
    ['deep nesting', 'application/json', '['.repeat(8000) + ']'.repeat(8000), /^\[{8000}\]{8000}$/],
    ['nothing', 'text/xml', '', /^$/],
  ] as const)
    it(`of ${name} has its shape, and no value`, async () => {
      const { request } = await record('/balance', contentType, body)
      expect(request.body).to.match(shape)
      expect(request.headers['content-type']).to.equal(contentType)
      for (const secret of secrets) expect(JSON.stringify(request)).not.to.include(secret)
    })

  it('of bytes that are not text has a letter for each that could be one', async () => {
    const ebcdic = new Uint8Array(Buffer.from('E4D9C3C1D9C440F1F2F38182', 'hex'))
    const { request } = await record('/balance', 'text/plain; charset=cp037', ebcdic)
    expect(request.body).to.equal('xxxxxx@xxxxx')
  })

  it('of a compressed body, whatever its type, shows what is in it', async () => {
    const base = await start(dir)
    const headers = { 'Content-Type': 'text/xml', 'Content-Encoding': 'gzip' }
    const body = new Uint8Array(gzipSync('<card>URCARD123</card>'))
    await fetch(`${base}/balance`, { method: 'POST', headers, body })
    expect((await firstRecording()).request.body).to.match(/^<card>[A-Z]{6}\d{3}<\/card>$/)
  })

  it('keeps what looks like a name if that is configured', async () => {
    const base = await start(dir, undefined, 'keep')
    const headers = { 'Content-Type': 'text/plain', 'X-Till-Kind': 'Aztec 3' }
    await fetch(`${base}/loyalty/checkCard`, {
      method: 'POST',
      headers,
      body: 'cardNo=1234;LoyaltyKind: gold',
    })
    const { request } = await firstRecording()
    expect(request.path).to.equal('/zonal/v1/loyalty/checkCard')
    expect(request.headers['x-till-kind']).to.match(/^[A-Z][a-z]{4} \d$/)
    expect(request.body).to.match(/^cardNo=\d{4};LoyaltyKind: [a-z]{4}$/)
  })

  it('includes a GET, with the shape of its query', async () => {
    const base = await start(dir)
    await fetch(`${base}?card=URCARD123`)
    const { request } = await firstRecording()
    expect(request.method).to.equal('GET')
    expect(request.path).to.match(/^\/zonal\/v1\?card=[A-Z]{6}\d{3}$/)
  })

  it('keeps the beginning of a long body, and says so', async () => {
    const { request, note } = await record('/balance', 'text/plain', 'ab '.repeat(100_000))
    expect(request.body.length).to.be.at.most(65_536)
    expect(note).to.match(/Of 300000 bytes of its body the first \d+ are here\./)
  })

  // A card address of 125,000 slashes stopped the service for eight seconds.
  for (const [name, contentType, body] of [
    ['slashes', 'application/json', JSON.stringify({ cardNumber: `https://x/${'/'.repeat(125_000)}x` })],
    ['words', 'text/plain', Array.from({ length: 60_000 }, (_, index) => index.toString(36)).join(' ')],
    ['names', 'text/plain', 'a='.repeat(130_000)],
    ['tags that never end', 'text/xml', '<a '.repeat(87_000) + '>'],
    ['quotes that never end', 'text/xml', `<a ${'b="'.repeat(87_000)}>`],
    ['blanks', 'text/xml', `<a${' '.repeat(260_000)}>`],
    [
      'fields',
      'application/json',
      JSON.stringify(Object.fromEntries([...Array(15_000).keys()].map((n) => [`f${n}`, 'x'.repeat(6)]))),
    ],
    ['pairs', 'application/x-www-form-urlencoded', 'a=b&'.repeat(65_000)],
    ['percent signs', 'application/x-www-form-urlencoded', '%'.repeat(260_000)],
  ] as const)
    it(`of 256 KiB of ${name} does not hold up others`, async () => {
      const base = await start(dir)
      const before = process.cpuUsage()
      await fetch(`${base}/ticket`, { method: 'POST', headers: { 'Content-Type': contentType }, body })
      await firstRecording()
      expect(process.cpuUsage(before).user / 1000).to.be.below(4000)
    })

  it('keeps card numbers out of the path', async () => {
    const { request } = await record('/balance/URCARD123', 'application/json', '{}')
    expect(request.path)
      .to.match(/^\/zonal\/v1\/balance\/[A-Z]{6}[1-9]{3}$/)
      .and.not.include('URCARD123')
  })

  it('stops when its folder is full, and counts what is lost', async () => {
    for (let number = 0; number < 2000; number += 1) await writeFile(join(dir, `${number}.json`), '{}\n')
    const counted = Promise.withResolvers<void>()
    const base = await start(dir, counted.resolve)
    const answer = await fetch(`${base}/balance`, { method: 'POST', body: '{}' })
    expect(await answer.json()).to.deep.equal(reply)
    await counted.promise
    expect(await readdir(dir)).to.have.length(2000)
  })

  it('counts what it cannot write, and the till does not notice', async () => {
    let onFailure: () => void = () => undefined
    const counted = new Promise<void>((resolve) => {
      onFailure = resolve
    })
    const base = await start('/dev/null/nowhere', onFailure)
    const answer = await fetch(`${base}/balance`, { method: 'POST', body: '{}' })
    expect(await answer.json()).to.deep.equal(reply)
    await counted
  })
})
