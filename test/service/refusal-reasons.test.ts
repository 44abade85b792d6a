import { expect } from 'chai'
import { DatabaseSync } from 'node:sqlite'
import type { TillAnswer } from '../simulators/till.ts'
import { basic } from '../simulators/till/encode.ts'
import { useRealSockets } from '../support/real-sockets.ts'
import { demo, openCounter, takeCoffee, takePoints, type Counter } from './counter.ts'

/** Story: a till's message was refused, and the log line had only the code, so nobody could tell which field it was. */
describe('the log line of a refusal says why', () => {
  useRealSockets()
  let counter: Counter
  beforeEach(async () => (counter = await openCounter({ CORE_REDEMPTION_DEADLINE_MS: '300' })))
  afterEach(() => counter.close())

  const lineOf = ({ reply }: TillAnswer) =>
    counter.service.line((line) => line.msg === 'request' && line.requestId === reply.requestId)
  const { anna } = demo.cards

  type Raw = {
    path?: string
    body?: string
    contentType?: string
    authorization?: string
    headers?: Record<string, string>
  }
  const send = ({ path = '/balance', body, contentType, authorization, headers }: Raw) =>
    counter.till.raw({
      path,
      headers: {
        'content-type': contentType ?? 'application/json',
        ...(authorization === '' ? {} : { authorization: authorization ?? basic(demo) }),
        ...headers,
      },
      body: body ?? JSON.stringify({ cardNumber: anna }),
    })

  const rows: [what: string, raw: Raw, code: string, expected: { field?: string; reason?: string }][] = [
    [
      'a field that is missing',
      { body: '{"CARDNUMBER":"%%"}' },
      'CARD_INVALID',
      { field: 'cardNumber', reason: 'must be 4 to 32 letters and digits' },
    ],
    [
      'a field that cannot be read',
      { path: '/debit', body: JSON.stringify({ ...takeCoffee, rewardId: ['secret'] }) },
      'MESSAGE_INVALID',
      { field: 'rewardId', reason: 'must be a text or a whole number of at most 128 characters' },
    ],
    [
      'a ticket that cannot be read',
      { path: '/ticket', body: '{"ticketId":"B-1","closedAt":"secret","total":5,"currency":"GBP"}' },
      'MESSAGE_INVALID',
      { field: 'closedAt', reason: 'must be an ISO 8601 time, such as 2026-11-23T12:00:00Z' },
    ],
    [
      'broken JSON',
      { body: '{"cardNumber":secret' },
      'MESSAGE_UNREADABLE',
      { reason: 'the body is not a JSON object' },
    ],
    [
      'an envelope without an object',
      { body: '{"request":"secret"}' },
      'MESSAGE_UNREADABLE',
      { reason: 'request does not hold an object' },
    ],
    [
      'a form without the field',
      { body: 'x=secret', contentType: 'application/x-www-form-urlencoded' },
      'MESSAGE_UNREADABLE',
      { reason: 'the form has no field request, or several' },
    ],
    ['an empty body', { body: ' ' }, 'MESSAGE_UNREADABLE', { reason: 'the body is empty' }],
    [
      'another media type',
      { contentType: 'text/xml' },
      'MEDIA_TYPE_UNSUPPORTED',
      { reason: 'unsupported media type or charset' },
    ],
    [
      'a body that is too large',
      { body: JSON.stringify({ cardNumber: anna, x: 'x'.repeat(20_000) }) },
      'MESSAGE_TOO_LARGE',
      { reason: 'the body is longer than its limit' },
    ],
    ['no credentials', { authorization: '' }, 'CREDENTIALS_MISSING', { reason: 'no credentials were sent' }],
    [
      'a header that cannot be read',
      { authorization: 'Bearer secret' },
      'CREDENTIALS_MISSING',
      { reason: 'the Authorization header cannot be read' },
    ],
    [
      'a malformed venue ID',
      { authorization: basic({ venueId: 'a b', apiKey: demo.apiKey }) },
      'CREDENTIALS_WRONG',
      { reason: 'the venue ID is malformed' },
    ],
    [
      'a malformed key',
      { authorization: basic({ venueId: demo.venueId, apiKey: 'short' }) },
      'CREDENTIALS_WRONG',
      { reason: 'the API key is malformed' },
    ],
    [
      'a key that the core refuses',
      { authorization: basic({ venueId: demo.venueId, apiKey: 'not-the-secret' }) },
      'CREDENTIALS_WRONG',
      { reason: 'findVenue: 401 InvalidTokenException' },
    ],
    [
      'a venue of another project',
      { authorization: basic({ venueId: '77', apiKey: demo.apiKey }) },
      'VENUE_UNKNOWN',
      { reason: 'not in the project of this key' },
    ],
    [
      'a card that the core does not know',
      { body: JSON.stringify({ cardNumber: demo.cards.unknown }) },
      'CARD_UNKNOWN',
      { reason: 'readCard: 404 CardNotFoundException' },
    ],
  ]
  for (const [what, raw, code, expected] of rows)
    it(`(${what})`, async () => {
      const line = await lineOf(await send(raw))
      expect({ code: line.code, field: line.field, reason: line.reason }).to.deep.equal({
        code,
        field: expected.field,
        reason: expected.reason,
      })
      expect(JSON.stringify(line)).not.to.include('secret')
    })

  it('(the core refuses a debit, or leaves it without an answer)', async () => {
    const refused = await lineOf(await counter.till.debit({ ...takePoints, points: 999_999 }))
    expect(refused).to.include({
      code: 'POINTS_NOT_ENOUGH',
      reason: 'takePoints: 402 InsufficientPointsException',
    })
    expect(refused).to.have.nested.property('coreCalls[1].exception', 'InsufficientPointsException')

    counter.core.faults.next({ operation: 'redeem', kind: 'hang' })
    const unknown = await lineOf(await counter.till.debit(takeCoffee))
    expect(unknown).to.include({ code: 'NOT_REDEEMED', reason: 'redeemCoupon: no answer (deadline)' })
  })

  it('(the journal cannot be written)', async () => {
    await counter.till.balance({ cardNumber: anna })
    const shell = new DatabaseSync(counter.service.journalPath)
    shell.exec('BEGIN IMMEDIATE')
    const line = await lineOf(await counter.till.debit(takeCoffee))
    shell.close()
    expect(line).to.include({ code: 'STORAGE_UNAVAILABLE', reason: 'database is locked' })
  })

  it('(unless the code says it all)', async () => {
    const line = await lineOf(await counter.till.balance({ cardNumber: demo.cards.blocked }))
    expect(line).to.include({ code: 'MEMBER_BLOCKED' }).and.not.have.any.keys('reason', 'field')
  })
})
