import { expect } from 'chai'
import fc from 'fast-check'
import nock from 'nock'
import { createVenues } from '../../src/trifft/venues.ts'
import { Refusal } from '../../src/model/refusal.ts'
import { createExchange } from '../../src/exchange.ts'
import { caller, coreOrigin, coreParts } from './setup.ts'
import { toCredentials } from '../../src/model/keys.ts'

const good = caller.credentials
const wrong = (guess: number) => toCredentials(good.venueId, `guess-${guess}`)
const crown = [{ id: '5b1e', currency: 'GBP', params: { aztecVenueId: '1902' } }]

/** Venue checks before a core that knows one key. */
function doorAt(env: Record<string, string> = {}, given: Parameters<typeof coreParts>[1] = {}) {
  const parts = coreParts(env, given)
  const { client, clock, timers, config, journal, log, metrics } = parts
  let isAway = false
  let asked = 0
  let isRevoked = false
  const isGood = (authorization: string) => authorization === `Bearer ${good.apiKey}` && !isRevoked
  const answer = (status: number, isRight: (authorization: string) => boolean) =>
    nock(coreOrigin)
      .persist()
      .get('/v1/venue?param=aztecVenueId:1902')
      .matchHeader('authorization', (value) => isRight(String(value)))
      .optionally()
      .reply(() => {
        asked++
        return [isAway ? 503 : status, crown]
      })
  answer(200, isGood)
  answer(401, (authorization) => !isGood(authorization))

  const start = () => createVenues(config, { client, journal, clock, timers, metrics, log })
  const door = {
    ...parts,
    venues: start(),
    asked: () => asked,
    revoke: () => (isRevoked = true),
    goAway: (until: boolean) => (isAway = until),
    /** A process that remembers only what is in the journal. */
    restart: () => (door.venues = start()),
    async knock(credentials = good, sourceAddress = '192.0.2.1') {
      const exchange = createExchange(clock, 2500, { sourceAddress })
      const answered = door.venues.approve(credentials, exchange).then(
        () => ({ code: 'OK', retryAfterSeconds: undefined }),
        (error: unknown) => {
          if (!(error instanceof Refusal)) throw error
          return { code: error.code, retryAfterSeconds: error.retryAfterSeconds }
        },
      )
      return await answered
    },
    async guess(from: number, count: number, address?: string) {
      const codes = []
      for (let guess = from; guess < from + count; guess++)
        codes.push((await door.knock(wrong(guess), address)).code)
      return codes
    },
  }
  return door
}

const times = (count: number, code: string) => Array<string>(count).fill(code)

describe('a guesser of venues and keys', () => {
  it('is locked out for a minute after ten wrong guesses from one address, without asking the core', async () => {
    const { asked, clock, guess, knock, metrics } = doorAt()
    expect(await guess(0, 10)).to.deep.equal(times(10, 'CREDENTIALS_WRONG'))
    clock.advance(20_000)
    expect(await knock(wrong(10))).to.deep.equal({ code: 'CREDENTIALS_LOCKED', retryAfterSeconds: 40 })
    expect(asked()).to.equal(10)
    expect((await metrics.page()).body).to.include('zonal_credentials_locked_total 1')
    expect(await guess(11, 1, '192.0.2.2'), 'another address').to.deep.equal(['CREDENTIALS_WRONG'])
    clock.advance(40_000)
    expect(await guess(12, 1)).to.deep.equal(['CREDENTIALS_WRONG'])
  })

  // From the addresses of one /64, all of which a single client has, sixty guesses a minute were possible, not ten.
  it('is locked out after ten wrong guesses from one IPv6 network, whichever of its addresses they come from', async () => {
    const { guess } = doorAt()
    for (let host = 0; host < 10; host++) await guess(host, 1, `2001:db8:0:1::${host}`)
    expect(await guess(10, 1, '2001:db8:0:1:ffff::1')).to.deep.equal(['CREDENTIALS_LOCKED'])
    expect(await guess(11, 1, '2001:db8:0:2::1'), 'another network').to.deep.equal(['CREDENTIALS_WRONG'])
  })

  it('is locked out after sixty wrong guesses from anywhere', async () => {
    const { asked, clock, guess } = doorAt()
    for (let address = 0; address < 6; address++) await guess(address * 10, 10, `192.0.2.${address}`)
    expect(await guess(60, 1, '192.0.2.99')).to.deep.equal(['CREDENTIALS_LOCKED'])
    expect(asked()).to.equal(60)
    clock.advance(60_000)
    expect(await guess(61, 1, '192.0.2.99')).to.deep.equal(['CREDENTIALS_WRONG'])
  })

  it('is locked out after as many guesses as configured', async () => {
    const { guess } = doorAt({ GUESSES_PER_ADDRESS: '2', GUESSES_IN_ALL: '3' })
    expect(await guess(0, 3)).to.deep.equal([...times(2, 'CREDENTIALS_WRONG'), 'CREDENTIALS_LOCKED'])
    expect(await guess(3, 2, '192.0.2.2')).to.deep.equal(['CREDENTIALS_WRONG', 'CREDENTIALS_LOCKED'])
  })

  it('is locked out after a hundred guesses at once', async () => {
    const { guess, knock } = doorAt()
    await Promise.all(Array.from({ length: 100 }, (_, guess) => knock(wrong(guess))))
    expect(await guess(100, 1)).to.deep.equal(['CREDENTIALS_LOCKED'])
  })

  it('is not a till that repeats one wrong key: its neighbours are not locked out', async () => {
    const { asked, knock } = doorAt()
    for (let time = 0; time < 50; time++) expect((await knock(wrong(0))).code).to.equal('CREDENTIALS_WRONG')
    expect(asked()).to.equal(1)
    expect((await knock()).code).to.equal('OK')
  })

  it('is not a till that asks while the core cannot answer', async () => {
    const { clock, goAway, guess, knock } = doorAt()
    goAway(true)
    expect(await guess(0, 9)).to.deep.equal(times(9, 'CORE_UNAVAILABLE'))
    goAway(false)
    expect(await guess(9, 9)).to.deep.equal(times(9, 'CREDENTIALS_WRONG'))
    clock.advance(1)
    expect((await knock()).code).to.equal('OK')
  })
})

describe('an approved venue', () => {
  it('cannot be locked out by what others try, even from its own address', async () => {
    const step = fc.oneof(
      fc.record({ guesses: fc.integer({ min: 1, max: 15 }), address: fc.constantFrom('own', 'other') }),
      fc.record({ passMs: fc.integer({ min: 1, max: 7_200_000 }) }),
      fc.constantFrom('restart', 'knock'),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        nock.cleanAll()
        const door = doorAt({ VENUE_STALE_MS: '864000000' })
        await door.knock(good, 'own')
        let next = 0
        for (const each of steps) {
          if (each === 'restart') door.restart()
          else if (typeof each === 'object' && 'passMs' in each) door.clock.advance(each.passMs)
          else if (typeof each === 'object') await door.guess((next += 15), each.guesses, each.address)
          else expect((await door.knock(good, 'own')).code).to.equal('OK')
        }
        expect((await door.knock(good, 'own')).code).to.equal('OK')
        await door.client.close()
      }),
      { numRuns: 30 },
    )
  })

  // A pub that was closed for longer than VENUE_STALE_MS was locked out, tickets too, for as long as somebody guessed.
  for (const [what, isRestarted] of [
    ['in memory', false],
    ['in the journal', true],
  ] as const)
    it(`is asked for at the core, not locked out, when it comes back after weeks: its approval is ${what}`, async () => {
      const { asked, clock, guess, knock, restart } = doorAt()
      await knock()
      if (isRestarted) restart()
      clock.advance(40 * 86_400_000)
      await guess(0, 10)
      expect(await guess(10, 1), 'unknown pairs').to.deep.equal(['CREDENTIALS_LOCKED'])
      expect((await knock()).code).to.equal('OK')
      expect(asked(), 'the first check, ten guesses, and the check of today').to.equal(12)
    })

  it('is not served once its approval is older than VENUE_STALE_MS, though it is remembered', async () => {
    const { clock, goAway, knock, restart } = doorAt()
    await knock()
    restart()
    clock.advance(86_400_001)
    goAway(true)
    expect((await knock()).code).to.equal('CORE_UNAVAILABLE')
  })

  it('may be locked out like any other once the core has refused its key', async () => {
    const { clock, guess, knock, revoke } = doorAt()
    await knock()
    clock.advance(86_400_001)
    revoke()
    expect((await knock()).code).to.equal('CREDENTIALS_WRONG')
    clock.advance(30_001)
    await guess(0, 10)
    expect((await knock()).code).to.equal('CREDENTIALS_LOCKED')
  })
})
