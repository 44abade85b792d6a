import { expect } from 'chai'
import fc from 'fast-check'
import nock from 'nock'
import { z } from 'zod'
import {
  CoreOutcomeUnknown,
  CoreProtocolError,
  CoreRejected,
  CoreUnavailable,
} from '../../src/trifft/errors.ts'
import { readOutcome } from '../../src/trifft/outcomes.ts'
import { readerOf } from '../../src/trifft/reading.ts'
import { Refusal } from '../../src/model/refusal.ts'
import { coreOrigin, coreParts, everyCall, exchangeWith, failureOf, startMs } from './setup.ts'

const nested = (code: number, exception: string) => ({
  status: code,
  success: false,
  error: { code, message: 'no', exception },
})
const flat = (code: number, exception: string) => ({ event_id: 'ev-7', code, message: 'no', exception })

/** One call against one answer: the failure, and the exchange's fact about it. */
async function answerTo(
  { method, path, call }: (typeof everyCall)[number],
  status: number,
  body?: nock.Body,
  headers?: nock.ReplyHeaders,
) {
  const { client, clock, metrics, logLines } = coreParts()
  const exchange = exchangeWith(clock)
  nock(coreOrigin).intercept(path, method).reply(status, body, headers)
  const failure = await failureOf(call(client, exchange))
  await client.close()
  return { failure, fact: exchange.facts.coreCalls[0], page: (await metrics.page()).body, logLines }
}

function callNamed(name: string) {
  const found = everyCall.find((each) => each.name === name)
  if (!found) throw new Error(`no call is named ${name}`)
  return found
}
const takePoints = callNamed('takePoints')

describe('the client of the core', () => {
  describe('takes a readable refusal as final, under its own code:', () => {
    const rows: [exception: string, status: number, code: string][] = [
      ['CardNotFoundException', 404, 'CARD_UNKNOWN'],
      ['MemberNotFoundException', 404, 'CARD_UNKNOWN'],
      ['MemberBlockedException', 402, 'MEMBER_BLOCKED'],
      ['UserCouponNotFoundException', 404, 'REWARD_UNKNOWN'],
      ['UserCouponAlreadyRedeemedException', 402, 'REWARD_ALREADY_REDEEMED'],
      ['UserCouponExpiredException', 402, 'REWARD_EXPIRED'],
      ['UserCouponNotActivatedException', 402, 'REWARD_NOT_ACTIVE'],
      ['VenueNotAllowedException', 402, 'REWARD_NOT_FOR_VENUE'],
      ['InsufficientPointsException', 402, 'POINTS_NOT_ENOUGH'],
      ['NothingToRestoreException', 409, 'NOTHING_TO_GIVE_BACK'],
      ...[400, 402, 404, 409, 410, 422].map((status): [string, number, string] => [
        'NeverHeardOfException',
        status,
        'REFUSED',
      ]),
      ['constructor', 402, 'REFUSED'],
    ]
    for (const [exception, status, code] of rows) {
      it(`${status} ${exception} → ${code}`, async () => {
        for (const form of [nested, flat]) {
          const { failure, fact } = await answerTo(takePoints, status, form(status, exception))
          expect(failure).to.be.instanceOf(CoreRejected)
          expect(failure).to.include({ code, status, exception, meaning: 'refused' })
          expect(fact).to.include({ operation: 'takePoints', outcome: 'refused', status })
        }
      })
    }
  })

  it('reads a refusal with an odd event id, and records no exception that is not a name', async () => {
    const body = { event_id: 17, code: 402, exception: 'InsufficientPointsException' }
    const { failure, fact } = await answerTo(takePoints, 402, body)
    expect(failure).to.include({ code: 'POINTS_NOT_ENOUGH', eventId: undefined })
    expect(fact).to.include({ exception: 'InsufficientPointsException' })

    const talkative = { code: 402, exception: 'Anna Kovac (URCARD123) has too few points' }
    const other = await answerTo(takePoints, 402, talkative)
    expect(other.failure).to.include({ code: 'REFUSED', exception: '(no name)' })
    expect(other.fact).to.include({ reason: 'takePoints: 402 (no name)', exception: '(no name)' })
  })

  it("keeps the event id for TRIFFT's support, in the error and in the exchange's facts", async () => {
    const { failure, fact } = await answerTo(takePoints, 402, flat(402, 'InsufficientPointsException'))
    expect(failure).to.include({ eventId: 'ev-7' })
    expect(fact).to.include({ eventId: 'ev-7' })
    const body = { event_id: 'ev-8', ...nested(500, 'OopsException') }
    const broken = await answerTo(takePoints, 500, body)
    expect(broken.fact).to.include({ eventId: 'ev-8', outcome: 'unknown' })
  })

  // Both go into the log line and the error, and could be 400 KB long, or a member's name.
  it('ignores an event id or exception that is long, or more than a name', async () => {
    for (const odd of ['x'.repeat(400_000), 'Anna Kovac', '\u202eev\n', '']) {
      const { failure, fact } = await answerTo(takePoints, 402, { event_id: odd, exception: odd || 'E' })
      expect(failure).to.include({ code: 'REFUSED', eventId: undefined })
      expect(fact?.exception).to.equal(odd === '' ? 'E' : '(no name)')
      expect(JSON.stringify(fact).length).to.be.below(300)
    }
  })

  for (const { status, exception, code } of [
    { status: 401, exception: 'InvalidTokenException', code: 'CREDENTIALS_WRONG' },
    { status: 403, exception: 'AccessDeniedException', code: 'KEY_NOT_ALLOWED' },
  ]) {
    it(`takes ${status}, readable or not, as not done → ${code}`, async () => {
      for (const body of [nested(status, exception), '<html>', '']) {
        const { failure, fact } = await answerTo(takePoints, status, body)
        expect(failure).to.be.instanceOf(CoreRejected)
        expect(failure).to.include({ code, status, meaning: 'not_done' })
        expect(fact).to.include({ outcome: 'not_done' })
      }
    })
  }

  it('takes 429 as not done → CORE_BUSY, with the seconds of Retry-After', async () => {
    const at = new Date(startMs + 42_000).toUTCString()
    for (const [header, seconds] of [
      ['17', 17],
      [at, 42],
      ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
      ['soon', undefined],
      ['9'.repeat(1_000), 86_400],
    ] as const) {
      const body = nested(429, 'RateLimitExceededException')
      const { failure, fact } = await answerTo(takePoints, 429, body, { 'Retry-After': header })
      expect(failure).to.be.instanceOf(CoreUnavailable)
      expect(failure).to.include({ code: 'CORE_BUSY', meaning: 'not_done', retryAfterSeconds: seconds })
      expect(fact).to.include({ outcome: 'not_done', status: 429 })
    }
    const { failure } = await answerTo(takePoints, 429)
    expect(failure).to.include({ code: 'CORE_BUSY', retryAfterSeconds: undefined })
  })

  describe('takes everything else as unknown:', () => {
    const known = 'InsufficientPointsException'
    const rows: [what: string, status: number, body: nock.Body][] = [
      ...[301, 302, 303, 307, 308].map((status): [string, number, nock.Body] => ['a redirect', status, '']),
      ['a redirect with a good body', 302, { balance: 1050 }],
      ['a request timeout with a readable error', 408, nested(408, known)],
      ['an unlisted 4xx with a readable error', 418, nested(418, known)],
      ...[500, 502, 503, 504].map((status): [string, number, nock.Body] => [
        'a readable server error',
        status,
        nested(status, known),
      ]),
      ['a page of a gateway', 502, '<html>Bad gateway</html>'],
      ['a refusal in HTML', 404, '<html>Not found</html>'],
      ['a refusal in JSON that is not the core’s', 404, { message: 'no Route matched' }],
      ['an empty refusal', 402, ''],
      ['an empty success', 200, ''],
      ['no content', 204, ''],
      ['a success in HTML', 200, '<html>Welcome</html>'],
      ['a success cut short', 200, '{"balance": 10'],
      ['an error in a success', 200, nested(402, known)],
    ]
    for (const [what, status, body] of rows) {
      it(`${status}, ${what}`, async () => {
        const { failure, fact, page } = await answerTo(takePoints, status, body)
        expect(failure).to.be.instanceOf(CoreOutcomeUnknown)
        expect(failure).to.include({ code: 'CORE_UNAVAILABLE', meaning: 'unknown', status })
        expect(fact).to.include({ outcome: 'unknown', status })
        expect(page).to.match(
          /zonal_core_call_duration_seconds_count\{operation="takePoints",outcome="unknown"\} 1/,
        )
      })
    }
  })

  it('names the missing fields of a success it cannot read, and no values', async () => {
    const body = { id: 4711, status: 'activated', coupon: { name: { Anna: 1250 } }, reference: 'URCARD123' }
    const { failure, logLines, fact } = await answerTo(callNamed('redeemCoupon'), 200, body)
    expect(String(failure)).to.equal(
      'CoreProtocolError: redeemCoupon: 200, not readable at coupon.name, status',
    )
    const fields = ['coupon.name', 'status']
    expect(failure).to.have.deep.property('fields', fields)
    const [line] = logLines.filter(({ msg }) => msg.includes('could not be read'))
    expect(line).to.deep.include({ operation: 'redeemCoupon', status: 200, fields })
    expect(fact).to.include({ reason: 'redeemCoupon: 200, not readable at coupon.name, status' })
    expect(JSON.stringify(logLines) + String(failure)).to.not.match(/Anna|4711|1250|URCARD/)
  })

  for (const [what, name, body, field] of [
    [
      'a coupon that is not redeemed after all',
      'redeemCoupon',
      { id: 'uc-1', status: 'activated' },
      'status',
    ],
    ['a coupon that is still redeemed', 'restoreCoupon', { id: 'uc-1', status: 'redeemed' }, 'status'],
    ['points without a balance', 'givePointsBack', { points: 200 }, 'balance'],
    ['points that are not a number', 'takePoints', { points: -200, balance: 'many' }, 'balance'],
    ['a card without a member', 'readCard', { id: 'URCARD123', member: [] }, 'member'],
    ['one coupon instead of a list', 'readRewards', { id: 'uc-1', status: 'activated' }, '(whole body)'],
    ['something other than a list of venues', 'findVenue', { venues: [] }, '(whole body)'],
  ] as const) {
    it(`does not take ${what} as a success`, async () => {
      const { failure } = await answerTo(callNamed(name), 200, body as nock.Body)
      expect(failure).to.be.instanceOf(CoreProtocolError).and.have.deep.property('fields', [field])
    })
  }

  for (const { name, method, path, good, call } of everyCall) {
    it(`takes a good body as done, whatever else it holds: ${name}`, async () => {
      const { client, clock, metrics } = coreParts()
      const exchange = exchangeWith(clock)
      const more = Array.isArray(good) ? good.map((each) => ({ ...each, x: 1 })) : { ...good, x: { y: [] } }
      nock(coreOrigin).intercept(path, method).reply(200, more)
      await call(client, exchange)
      expect(exchange.facts.coreCalls).to.deep.equal([
        { operation: name, outcome: 'done', status: 200, durationMs: 0 },
      ])
      expect((await metrics.page()).body).to.include(`operation="${name}",outcome="done"`)
      await client.close()
    })
  }

  it('notes a call as pending while it is under way', async () => {
    const { client, clock } = coreParts()
    const exchange = exchangeWith(clock)
    const asked = Promise.withResolvers<void>()
    const answered = Promise.withResolvers<void>()
    nock(coreOrigin)
      .post(takePoints.path)
      .reply(async () => {
        asked.resolve()
        await answered.promise
        return [200, takePoints.good]
      })
    const call = takePoints.call(client, exchange)
    await asked.promise
    expect(exchange.facts.coreCalls).to.deep.equal([
      { operation: 'takePoints', outcome: 'pending', durationMs: 0 },
    ])
    answered.resolve()
    await call
    expect(exchange.facts.coreCalls[0]).to.include({ outcome: 'done', status: 200 })
    await client.close()
  })

  it('ends every call in a success or in one of the four error classes', () => {
    const body = fc.oneof(
      fc.jsonValue(),
      fc.record({ exception: fc.string(), event_id: fc.jsonValue() }),
      fc.record({ error: fc.record({ exception: fc.string() }) }),
    )
    const final = [400, 402, 404, 409, 410, 422]
    const status = fc.oneof(fc.integer({ min: 200, max: 599 }), fc.constantFrom(401, 403, 429, ...final))
    fc.assert(
      fc.property(status, body, fc.option(fc.string(), { nil: undefined }), (status, body, retryAfter) => {
        const read = readerOf(z.looseObject({ balance: z.int() }))
        try {
          readOutcome('takePoints', read, { status, body, retryAfter }, startMs)
          expect(status).to.be.within(200, 299)
        } catch (error) {
          expect(error).to.be.instanceOf(Refusal)
          if (error instanceof CoreRejected) expect([401, 403, ...final]).to.include(status)
          if (error instanceof CoreUnavailable) expect(status).to.equal(429)
        }
      }),
    )
  })
})
