import { expect } from 'chai'
import nock from 'nock'
import { createVenues } from '../../src/trifft/venues.ts'
import { caller, coreOrigin, coreParts, exchangeWith, failureOf } from './setup.ts'
import { toCredentials } from '../../src/model/keys.ts'

const { credentials } = caller
const venue = { id: '1902', coreId: '5b1e', currency: 'GBP' }
const hourMs = 3_600_000
const dayMs = 24 * hourMs

function venuesAt(env?: Record<string, string>) {
  const parts = coreParts(env)
  const { client, clock, timers, config, journal, log, metrics } = parts
  const { approve, drop } = createVenues(config, { client, journal, clock, timers, metrics, log })
  return {
    ...parts,
    drop,
    /** Until so many checks have ended, and the cache knows of it. */
    async checksEnded(count: number) {
      const checks = /^zonal_core_call_duration_seconds_count\{operation="findVenue",.*\} (\d+)$/gm
      for (let ended = 0; ended < count;) {
        await new Promise((resolve) => setImmediate(resolve))
        const { body } = await metrics.page()
        ended = [...body.matchAll(checks)].reduce((sum, [, each]) => sum + Number(each), 0)
      }
      await new Promise((resolve) => setImmediate(resolve))
    },
    approve: (who = credentials, leftMs?: number) => approve(who, exchangeWith(clock, leftMs)),
  }
}

/** The core's next answer to a venue check, held back until `send` is called. */
function nextAnswer(status: number, body: nock.Body = '', { key = credentials.apiKey, id = '1902' } = {}) {
  const { promise: sent, resolve: send } = Promise.withResolvers<void>()
  const asked = Promise.withResolvers<void>()
  nock(coreOrigin, { reqheaders: { authorization: `Bearer ${key}` } })
    .get(`/v1/venue?param=aztecVenueId:${id}`)
    .reply(async () => {
      asked.resolve()
      await sent
      return [status, body]
    })
  return { asked: asked.promise, send }
}

function answer(...args: Parameters<typeof nextAnswer>) {
  const held = nextAnswer(...args)
  held.send()
  return held
}

const crown = (id = '5b1e') => [{ id, currency: 'GBP', params: { aztecVenueId: '1902' } }]
describe('a venue approval', () => {
  it('is asked for once an hour', async () => {
    const { approve, client, clock } = venuesAt()
    answer(200, crown())
    expect(await approve()).to.deep.equal(venue)
    clock.advance(hourMs)
    expect(await approve()).to.deep.equal(venue)
    await client.close()
  })

  it('is asked for once by tills that come at the same time, in the exchange of one of them', async () => {
    const { approve, client } = venuesAt()
    const held = nextAnswer(200, crown())
    const tills = [approve(), approve(), approve()]
    held.send()
    expect(await Promise.all(tills)).to.deep.equal([venue, venue, venue])
    await client.close()
  })

  // It gets into the journal, where PostgreSQL takes no NUL.
  it('ignores a currency with a control character, but fails if the id has one', async () => {
    const { approve, client } = venuesAt()
    const [{ id, params } = { id: '', params: {} }] = crown()
    answer(200, [{ id: 'a\0b', params }])
    expect(await failureOf(approve())).to.have.property('code', 'CORE_UNAVAILABLE')
    answer(200, [{ id, params, currency: 'G\0P' }])
    expect(await approve()).to.deep.equal({ ...venue, currency: undefined })
    await client.close()
  })

  it('belongs to one key and one venue', async () => {
    const { approve, client } = venuesAt()
    answer(200, crown())
    answer(200, crown('other-project'), { key: 'another-key-0123' })
    answer(200, [], { id: '1903' })
    // Approved by the key itself, not by the tenant that is made of it.
    const otherKey = toCredentials('1902', 'another-key-0123')
    expect(await approve()).to.include({ coreId: '5b1e' })
    expect(await approve(otherKey)).to.include({ coreId: 'other-project' })
    expect(await failureOf(approve({ ...credentials, venueId: '1903' }))).to.include({
      code: 'VENUE_UNKNOWN',
    })
    await client.close()
  })

  it('is served at once after the hour, and renewed in the background', async () => {
    const { approve, checksEnded, client, clock } = venuesAt()
    answer(200, crown())
    await approve()
    clock.advance(hourMs + 1)
    const held = nextAnswer(200, crown('renewed'))
    expect(await approve()).to.deep.equal(venue)
    await held.asked
    expect(await approve(), 'while it is being renewed').to.deep.equal(venue)
    held.send()
    await checksEnded(2)
    clock.advance(hourMs)
    expect(await approve()).to.include({ coreId: 'renewed' })
    await client.close()
  })

  it('is renewed with a deadline of its own, not that of the till', async () => {
    const { approve, checksEnded, client, clock } = venuesAt()
    answer(200, crown())
    await approve()
    clock.advance(hourMs + 1)
    answer(200, crown('renewed'))
    expect(await approve(credentials, 50)).to.deep.equal(venue)
    await checksEnded(2)
    expect(await approve()).to.include({ coreId: 'renewed' })
    await client.close()
  })

  for (const [what, status, body, code] of [
    ['the core now refuses the key', 401, '', 'CREDENTIALS_WRONG'],
    ['the core now forbids the key', 403, '', 'KEY_NOT_ALLOWED'],
    ['the venue is gone', 200, [], 'VENUE_UNKNOWN'],
  ] as const) {
    it(`ends with the renewal if ${what}`, async () => {
      const { approve, checksEnded, client, clock } = venuesAt()
      answer(200, crown())
      await approve()
      clock.advance(hourMs + 1)
      answer(status, body)
      await approve()
      await checksEnded(2)
      expect(await failureOf(approve())).to.include({ code })
      await client.close()
    })
  }

  it('is served for a day while the core cannot answer, but not longer', async () => {
    const { approve, checksEnded, client, clock } = venuesAt()
    answer(200, crown())
    await approve()
    for (const [index, afterMs] of [hourMs + 1, dayMs - hourMs - 1].entries()) {
      clock.advance(afterMs)
      answer(503)
      expect(await approve()).to.deep.equal(venue)
      await checksEnded(2 + index)
    }
    clock.advance(1)
    answer(503)
    expect(String(await failureOf(approve()))).to.equal('CoreOutcomeUnknown: findVenue: 503')
    await client.close()
  })

  it('can be dropped, also while it is being asked for', async () => {
    const { approve, client, drop } = venuesAt()
    answer(200, crown())
    await approve()
    drop(credentials)
    const held = nextAnswer(200, crown('second'))
    const waiting = approve()
    await held.asked
    drop(credentials)
    held.send()
    expect(await waiting, 'the waiting till gets the answer').to.include({ coreId: 'second' })
    answer(200, crown('third'))
    expect(await approve(), 'the answer was not kept').to.include({ coreId: 'third' })
    await client.close()
  })
})

describe('a refused venue or key', () => {
  for (const [what, status, body, code] of [
    ['no such venue', 200, [], 'VENUE_UNKNOWN'],
    ['a wrong key', 401, '', 'CREDENTIALS_WRONG'],
    ['a key without the right', 403, '', 'KEY_NOT_ALLOWED'],
  ] as const) {
    it(`(${what}) is remembered for 30 s`, async () => {
      const { approve, client, clock } = venuesAt()
      answer(status, body)
      expect(await failureOf(approve())).to.include({ code })
      clock.advance(30_000)
      expect(await failureOf(approve())).to.include({ code })
      clock.advance(1)
      answer(200, crown())
      expect(await approve()).to.deep.equal(venue)
      await client.close()
    })
  }

  for (const [what, status, body, blockedForMs, expected] of [
    ['the core is broken', 503, '', 0, 'CoreOutcomeUnknown: findVenue: 503'],
    ['the core is busy', 429, '', 60_000, 'CoreUnavailable: findVenue: 429'],
    [
      'the core says something else',
      404,
      { code: 404, message: 'no', exception: 'OddException' },
      0,
      'CoreRejected: findVenue: 404 OddException',
    ],
  ] as const) {
    it(`is not remembered if ${what}: the next till asks again`, async () => {
      const { approve, client, clock } = venuesAt()
      answer(status, body)
      expect(String(await failureOf(approve()))).to.equal(expected)
      clock.advance(blockedForMs)
      answer(200, crown())
      expect(await approve()).to.deep.equal(venue)
      await client.close()
    })
  }
})

describe('a till that joins a venue check under way', () => {
  it('does not wait longer than its own patience', async () => {
    const { approve, client, clock } = venuesAt()
    const held = nextAnswer(200, crown())
    const first = approve()
    await held.asked
    const joined = failureOf(approve(credentials, 120))
    await clock.pass(20)
    expect(String(await joined)).to.equal('CoreUnavailable: no time left to wait for a load')
    held.send()
    expect(await first, 'the check goes on for the others').to.deep.equal(venue)
    await client.close()
  })
})

describe('reads of the venue cache', () => {
  it('are counted by result', async () => {
    const { approve, checksEnded, client, clock, metrics } = venuesAt()
    answer(200, crown())
    await approve()
    await approve()
    clock.advance(hourMs + 1)
    answer(200, crown())
    await approve()
    await checksEnded(2)
    const { body } = await metrics.page()
    for (const result of ['miss', 'hit', 'stale']) {
      expect(body).to.include(`zonal_cache_reads_total{cache="venue",result="${result}"} 1`)
    }
    await client.close()
  })
})
