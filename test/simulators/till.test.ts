import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect } from 'chai'
import { createTill } from './till.ts'
import { till } from '../dialects/json/till.ts'
import type { TillTicket } from './till/messages.ts'
import type { Wording } from './till/wording.ts'

const key = 'crown-demo-write-key'
const login = 'Basic MTkwMjpjcm93bi1kZW1vLXdyaXRlLWtleQ=='

const ticket: TillTicket = {
  accountNumber: '4711',
  cardNumber: 'CROWN1001',
  siteId: '12345678901234567890',
  closedAt: new Date('2026-07-01T18:30:00Z'),
  total: 12.5,
  items: [{ id: '10000000123', quantity: 2, unitPrice: 6.25, total: 12.5 }],
}

describe('the simulated till', () => {
  let server: Server
  let baseUrl: string
  let answer: { status: number; body: string } | 'none'
  let heard: { request: string; contentType?: string; authorization?: string; body: string }[]

  beforeEach(async () => {
    heard = []
    answer = { status: 200, body: '{"response":"OK","points":1250}' }
    server = createServer((request, response) => {
      void text(request).then((body) => {
        const { 'content-type': contentType, authorization } = request.headers
        heard.push({ request: `${request.method} ${request.url}`, contentType, authorization, body })
        if (answer === 'none') return
        response.writeHead(answer.status, { 'x-idempotent-replayed': 'true' }).end(answer.body)
      })
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/zonal/v1`
  })
  afterEach(() => {
    server.closeAllConnections()
    server.close()
  })

  const tillOf = (wording?: Wording) => createTill({ baseUrl, venueId: '1902', apiKey: key, wording })
  const wordingOf = (name: string) => till.wordings.find((one) => one.name === name)

  it('says the same in every wording, each with a different raw request', async () => {
    for (const one of till.wordings) await tillOf(one).ticket(ticket)
    const raw = heard.map((request) => JSON.stringify(request))
    expect(new Set(raw).size).to.equal(till.wordings.length)
  })

  const wordings: [
    name: string,
    request: string,
    contentType: string,
    authorization: string | undefined,
    body: string,
  ][] = [
    [
      'plain JSON',
      'POST /zonal/v1/ticket',
      'application/json',
      login,
      '{"accountNumber":"4711","cardNumber":"CROWN1001","siteId":"12345678901234567890","closedAt":"2026-07-01T18:30:00.000Z","total":12.5,"items":[{"id":"10000000123","quantity":2,"unitPrice":6.25,"total":12.5}]}',
    ],
    [
      'path in title case with a slash',
      'POST /zonal/v1/Ticket/',
      'application/json',
      login,
      '{"accountNumber":"4711","cardNumber":"CROWN1001","siteId":"12345678901234567890","closedAt":"2026-07-01T18:30:00.000Z","total":12.5,"items":[{"id":"10000000123","quantity":2,"unitPrice":6.25,"total":12.5}]}',
    ],
    [
      'bare base with a slash and envelope',
      'POST /zonal/v1/',
      'application/json',
      login,
      '{"request":{"method":"ticket","accountNumber":"4711","cardNumber":"CROWN1001","siteId":"12345678901234567890","closedAt":"2026-07-01T18:30:00.000Z","total":12.5,"items":[{"id":"10000000123","quantity":2,"unitPrice":6.25,"total":12.5}]}}',
    ],
    [
      'PascalCase',
      'POST /zonal/v1/ticket',
      'application/json',
      login,
      '{"AccountNumber":"4711","CardNumber":"CROWN1001","SiteId":"12345678901234567890","ClosedAt":"2026-07-01T18:30:00.000Z","Total":12.5,"Items":[{"Id":"10000000123","Quantity":2,"UnitPrice":6.25,"Total":12.5}]}',
    ],
    [
      'names of the Basket Data subscription',
      'POST /zonal/v1/ticket',
      'application/json',
      login,
      '{"AccountNumber":"4711","CardId":"CROWN1001","AztecSiteId":"12345678901234567890","TransactionDate":"2026-07-01T18:30:00.000Z","TotalSpend":12.5,"Items":[{"AztecID":"10000000123","Quantity":2,"Price":6.25,"Total":12.5}]}',
    ],
    [
      'token and password inside',
      'POST /zonal/v1/ticket',
      'application/json',
      undefined,
      `{"request":{"token":"1902","password":"${key}","accountNumber":"4711","cardNumber":"CROWN1001","siteId":"12345678901234567890","closedAt":"2026-07-01T18:30:00.000Z","total":12.5,"items":[{"id":"10000000123","quantity":2,"unitPrice":6.25,"total":12.5}]}}`,
    ],
    [
      'amounts as text',
      'POST /zonal/v1/ticket',
      'application/json',
      login,
      '{"accountNumber":"4711","cardNumber":"CROWN1001","siteId":"12345678901234567890","closedAt":"2026-07-01T18:30:00.000Z","total":"12.50","items":[{"id":"10000000123","quantity":2,"unitPrice":"6.25","total":"12.50"}]}',
    ],
    [
      'ids as numbers',
      'POST /zonal/v1/ticket',
      'application/json',
      login,
      '{"accountNumber":4711,"cardNumber":"CROWN1001","siteId":12345678901234567890,"closedAt":"2026-07-01T18:30:00.000Z","total":12.5,"items":[{"id":10000000123,"quantity":2,"unitPrice":6.25,"total":12.5}]}',
    ],
    [
      'local times',
      'POST /zonal/v1/ticket',
      'application/json',
      login,
      '{"accountNumber":"4711","cardNumber":"CROWN1001","siteId":"12345678901234567890","closedAt":"2026-07-01T19:30:00","total":12.5,"items":[{"id":"10000000123","quantity":2,"unitPrice":6.25,"total":12.5}]}',
    ],
  ]
  for (const [name, request, contentType, authorization, body] of wordings)
    it(`words a ticket: ${name}`, async () => {
      await tillOf(wordingOf(name)).ticket(ticket)
      expect(heard).to.deep.equal([{ request, contentType, authorization, body }])
    })

  it('words a ticket in all other ways at once, in a form', async () => {
    await tillOf(till.wordings.at(-1)).ticket(ticket)
    const { request, contentType, authorization, body } = heard[0] ?? expect.fail('nothing was heard')
    expect([request, contentType, authorization]).to.deep.equal([
      'POST /zonal/v1',
      'application/x-www-form-urlencoded',
      undefined,
    ])
    expect([...new URLSearchParams(body)]).to.deep.equal([
      [
        'request',
        `{"Method":"ticket","Token":"1902","Password":"${key}","AccountNumber":4711,"CardId":"CROWN1001","AztecSiteId":12345678901234567890,"TransactionDate":"2026-07-01T19:30:00","TotalSpend":"12.50","Items":[{"AztecID":10000000123,"Quantity":2,"Price":"6.25","Total":"12.50"}]}`,
      ],
    ])
  })

  it('returns status, headers, body and what it understood', async () => {
    const heardBack = await tillOf().balance({ cardNumber: 'CROWN1001' })
    expect(heardBack).to.deep.include({ status: 200, body: { response: 'OK', points: 1250 } })
    expect(heardBack.reply.points).to.equal(1250)
    expect(heardBack.headers).to.include({ 'x-idempotent-replayed': 'true' })
  })

  it('returns an answer that is not JSON as raw text only', async () => {
    answer = { status: 502, body: '<html>' }
    const { status, body, reply, text: raw } = await tillOf().balance({ cardNumber: 'CROWN1001' })
    expect({ status, body, reply, raw }).to.deep.equal({
      status: 502,
      body: undefined,
      reply: {},
      raw: '<html>',
    })
  })

  it('sends a raw request as it is, without credentials', async () => {
    await tillOf().raw({
      method: 'PUT',
      path: '/debit',
      headers: { 'content-type': 'text/plain' },
      body: 'x',
    })
    expect(heard).to.deep.equal([
      { request: 'PUT /zonal/v1/debit', contentType: 'text/plain', authorization: undefined, body: 'x' },
    ])
  })

  it('closes the connection when its patience ends', async () => {
    answer = 'none'
    const closed = once(server, 'connection').then(([socket]) => once(socket, 'close'))
    const till = createTill({ baseUrl, venueId: '1902', apiKey: key, patienceMs: 50 })
    const error: unknown = await till.balance({ cardNumber: 'CROWN1001' }).catch((reason: unknown) => reason)
    expect(error).to.have.property('name', 'TimeoutError')
    await closed
  })
})
