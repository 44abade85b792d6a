import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import Koa from 'koa'
import { pino } from 'pino'
import { createExchange, systemClock } from '../../src/observability/exchange.ts'
import type { TrackedState } from '../../src/observability/tracking.ts'
import { createBodyReader } from '../../src/zonal/body.ts'
import { createCapture } from '../../src/zonal/capture.ts'
import { recordingsIn } from '../support/recordings-in.ts'
import { serve } from './serve.ts'

const basic = `Basic ${Buffer.from('1902:key-of-the-venue').toString('base64')}`
const reply = { response: 'OK', cardNumber: 'URCARD123', member: { name: 'Anna K.' }, points: 5 }

type Recording = {
  name: string
  request: { path: string; headers: Record<string, string>; body: string }
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

  async function start(folder: string, onFailure: () => void = () => undefined) {
    const metrics = { captureFailures: { inc: onFailure } }
    const app = new Koa<TrackedState>()
    app.use(async (ctx, next) => {
      ctx.state = { exchange: createExchange(systemClock, 2500), code: 'OK' }
      await next()
    })
    app.use(createCapture(folder, { cardPrefixes: ['LOY-'], log: pino({ level: 'silent' }), metrics }).step)
    app.use(async (ctx, next) => {
      await next().catch(() => undefined)
      ctx.body = reply
    })
    app.use(createBodyReader('/zonal/v1', () => undefined))
    const { port, close } = await serve(app)
    closers.push(close)
    return `http://127.0.0.1:${port}/zonal/v1`
  }

  async function record(path: string, contentType: string, body: string): Promise<Recording> {
    const base = await start(dir)
    const headers = { 'Content-Type': contentType, Authorization: basic, 'X-Auth-BrandToken': 'brand-secret' }
    const answer = await fetch(`${base}${path}`, { method: 'POST', headers, body })
    expect(await answer.json()).to.deep.equal(reply)
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
    it(`of ${name} keeps its shape, and nothing of anybody`, async () => {
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

  // The number without its blanks stands nowhere in what came, so it was not found there, and all but its last digit was
  // written as it is.
  for (const [written, pattern] of [
    ['URCARD 123', /^[A-Z]{6} [1-9]{3}$/],
    ['LOY-UR CARD 123', /^LOY-[A-Z]{2} [A-Z]{4} [1-9]{3}$/],
    ['https://app.example/c/URCARD%20123', /^https:\/\/app.example\/c\/[A-Z]{6}%20[1-9]{3}$/],
    [
      'https://a.example/URCARD123?of=URCARD123',
      /^https:\/\/a.example\/[A-Z]{6}[1-9]{3}\?of=[A-Z]{6}[1-9]{3}$/,
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

  for (const [name, contentType, body, kept] of [
    [
      'broken',
      'application/json',
      '{"cardNumber":"URCARD123"',
      '(unreadable: application/json, 25 characters)',
    ],
    ['of an unknown type', 'text/xml', '<card>URCARD123</card>', '(unreadable: text/xml, 22 bytes)'],
    ['nested deeply', 'application/json', '['.repeat(8000) + ']'.repeat(8000), undefined],
  ] as const)
    it(`of a body that is ${name} says no more than type and length`, async () => {
      const { request } = await record('/balance', contentType, body)
      if (kept) expect(request.body).to.equal(kept)
      expect(request.body).not.to.include('URCARD123')
    })

  it('keeps card numbers out of the path', async () => {
    const { request } = await record('/balance/URCARD123', 'application/json', '{}')
    expect(request.path)
      .to.match(/^\/zonal\/v1\/balance\/[A-Z]{6}[1-9]{3}$/)
      .and.not.include('URCARD123')
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
