import { expect } from 'chai'
import { Refusal } from '../../../src/model/refusal.ts'
import { writeAnswer, writeRefusal } from '../../../src/zonal/dialects/json/replies.ts'
import type { Answer, Refused } from '../../../src/zonal/dialect.ts'

const settings = { language: 'en', failureHttpStatus: 503, invalidTicketHttpStatus: 400 } as const
const requestId = 'q-1'
const ids = { requestId, reference: undefined }
const contentType = { 'Content-Type': 'application/json; charset=utf-8' }

/** @returns the body of an OK */
function reply(answer: Answer): object {
  const { status, headers, body } = writeAnswer(answer, ids)
  expect({ status, headers }).to.deep.equal({ status: 200, headers: contentType })
  return JSON.parse(body) as object
}

describe('an OK', () => {
  it('to a balance has all fields that are known, in their order', () => {
    const body = reply({
      to: 'balance',
      cardNumber: 'URCARD123',
      balance: {
        member: { name: 'Anna K.', isBlocked: false, program: 'Gold', points: 1250 },
        rewards: [
          {
            id: 'uc-1',
            name: 'Free coffee',
            type: 'promotion',
            entityCode: '10000000123',
            expires: '2026-12-24T23:59:59Z',
          },
          { id: 'uc-2', name: '10 % off', type: 'discount', discountId: '12', cost: 200 },
        ],
        asOfMs: Date.parse('2026-11-23T12:00:00Z'),
        isStale: false,
      },
    })
    expect(JSON.stringify(body)).to.equal(
      '{"response":"OK","requestId":"q-1","cardNumber":"URCARD123","member":{"name":"Anna K."},"program":"Gold","points":1250,' +
        '"balances":[{"valueType":"Points","amount":1250}],' +
        '"rewards":[{"id":"uc-1","name":"Free coffee","type":"promotion","entityCode":"10000000123","expires":"2026-12-24T23:59:59Z"},' +
        '{"id":"uc-2","name":"10 % off","type":"discount","discountId":"12","cost":200,"valueType":"Points"}],' +
        '"asOf":"2026-11-23T12:00:00.000Z","stale":false}',
    )
  })

  it('to a balance leaves out the fields that are not known', () => {
    const member = { name: undefined, isBlocked: false, program: undefined, points: undefined }
    const balance = { member, rewards: [], asOfMs: 0, isStale: true }
    expect(reply({ to: 'balance', cardNumber: 'A123', balance })).to.deep.equal({
      response: 'OK',
      requestId,
      cardNumber: 'A123',
      rewards: [],
      asOf: '1970-01-01T00:00:00.000Z',
      stale: true,
    })
  })

  const reward = { id: 'uc-1', name: 'Free coffee', type: 'promotion', entityCode: '10000000123' } as const
  const coupon = { kind: 'coupon', rewardId: 'uc-1' } as const
  const points = { kind: 'points', points: 200 } as const
  const base = { response: 'OK', requestId, redemptionId: 'r-1' }

  it('to a debit has the reward, or at least its id', () => {
    const said = { to: 'debit', transactionId: 'T-1', redemptionId: 'r-1', what: coupon } as const
    expect(reply({ ...said, moved: { reward } })).to.deep.equal({
      ...base,
      transactionId: 'T-1',
      reward,
    })
    expect(reply({ ...said, moved: {} })).to.deep.include({ reward: { id: 'uc-1' } })
  })

  it('to a debit of points says how many are left, if that is known', () => {
    const said = { to: 'debit', redemptionId: 'r-1', what: points } as const
    expect(reply({ ...said, moved: { pointsLeft: 1050 } })).to.deep.equal({
      ...base,
      pointsTaken: 200,
      points: 1050,
    })
    expect(reply({ ...said, moved: {} })).to.deep.equal({ ...base, pointsTaken: 200 })
  })

  it('to a credit says what was given back', () => {
    const said = { to: 'credit', redemptionId: 'r-1' } as const
    expect(reply({ ...said, what: coupon, moved: { reward } })).to.deep.equal({ ...base, reward })
    expect(reply({ ...said, what: points, moved: { pointsLeft: 1250 } })).to.deep.equal({
      ...base,
      pointsReturned: 200,
      points: 1250,
    })
  })

  it('to a ticket says whether it is a duplicate', () => {
    expect(reply({ to: 'ticket', ticketId: 'B-77', isDuplicate: true })).to.deep.equal({
      response: 'OK',
      requestId,
      ticketId: 'B-77',
      accepted: true,
      duplicate: true,
    })
  })
})

describe('a refusal', () => {
  const refuse = (refusal: Refusal, more: Partial<Refused> = {}) => {
    const refused: Refused = { refusal, operation: 'debit', isKept: false, settings, ...more }
    const { status, headers, body } = writeRefusal(refused, ids)
    const { 'Content-Type': type, ...others } = headers
    expect(type).to.equal('application/json; charset=utf-8')
    return { status, headers: others, body: JSON.parse(body) as object }
  }

  it('has code, text, action, retry and request id, in that order', () => {
    expect(JSON.stringify(refuse(new Refusal('CARD_UNKNOWN')))).to.equal(
      '{"status":200,"headers":{},"body":{"response":"Error","code":"CARD_UNKNOWN","detail":"Card not found",' +
        '"action":"Scan the card again, or type its number.","retry":false,"requestId":"q-1"}}',
    )
  })

  it('has its detail, which names the field', () => {
    const { body } = refuse(new Refusal('MESSAGE_INVALID', { detail: 'cardNumber is missing' }))
    expect(body).to.include({ detail: 'cardNumber is missing' })
  })

  it('asks for credentials with 401', () => {
    const { status, headers } = refuse(new Refusal('CREDENTIALS_WRONG'))
    expect(status).to.equal(401)
    expect(headers).to.deep.equal({ 'WWW-Authenticate': 'Basic realm="zonal", charset="UTF-8"' })
  })

  it('says when to try again with 429 and 503', () => {
    expect(refuse(new Refusal('CORE_BUSY', { retryAfterSeconds: 42 })).headers).to.deep.equal({
      'Retry-After': '42',
    })
    expect(refuse(new Refusal('CREDENTIALS_LOCKED')).headers).to.have.keys('Retry-After')
    expect(refuse(new Refusal('INTERNAL_ERROR')).headers).to.deep.equal({})
  })

  it('can be sent with 200 instead of 503 if an operator waits for it, and still asks for a retry', () => {
    const refusal = new Refusal('CORE_UNAVAILABLE')
    const soft = { settings: { ...settings, failureHttpStatus: 200 } }
    const { status, headers, body } = refuse(refusal, soft)
    expect({ status, headers }).to.deep.equal({ status: 200, headers: {} })
    expect(body).to.include({ retry: true })
    expect(refuse(refusal, { ...soft, operation: 'ticket' }).status).to.equal(503)
    expect(refuse(refusal, { ...soft, operation: undefined }).status).to.equal(503)
    expect(refuse(new Refusal('INTERNAL_ERROR'), soft).status).to.equal(500)
  })

  it('can be sent with 200 for a ticket that was kept', () => {
    const refusal = new Refusal('MESSAGE_INVALID')
    const soft = { operation: 'ticket', settings: { ...settings, invalidTicketHttpStatus: 200 } } as const
    expect(refuse(refusal, { ...soft, isKept: true }).status).to.equal(200)
    expect(refuse(refusal, { ...soft, isKept: false }).status).to.equal(400)
    expect(refuse(new Refusal('STORAGE_UNAVAILABLE'), { ...soft, isKept: true }).status).to.equal(503)
    for (const [code, status] of [
      ['MESSAGE_TOO_LARGE', 413],
      ['MEDIA_TYPE_UNSUPPORTED', 415],
    ] as const) {
      expect(refuse(new Refusal(code), { ...soft, isKept: true }).status).to.equal(200)
      expect(refuse(new Refusal(code), { operation: 'ticket', isKept: true }).status).to.equal(status)
    }
  })
})
