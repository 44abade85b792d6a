import { expect } from 'chai'
import nock from 'nock'
import { createVenues } from '../../src/trifft/venues.ts'
import { openTestJournal, type TestJournal } from '../support/test-journal.ts'
import { turn } from './claims.ts'
import {
  caller,
  coreOrigin,
  coreParts,
  exchangeWith,
  failureOf,
  memoryJournal,
  type CoreJournal,
} from './setup.ts'
import { toCredentials } from '../../src/model/keys.ts'

const { credentials } = caller
const venue = { id: '1902', coreId: '5b1e', currency: 'GBP' }
const dayMs = 24 * 3_600_000
const crown = (id = '5b1e') => [{ id, currency: 'GBP', params: { aztecVenueId: '1902' } }]

function answer(status: number, body: nock.Body = '') {
  nock(coreOrigin).get('/v1/venue?param=aztecVenueId:1902').reply(status, body)
}

describe('a venue approval in the journal', () => {
  let test: TestJournal
  beforeEach(async () => (test = await openTestJournal()))
  afterEach(() => test.end())

  /** Processes that follow one another on the same journal. */
  function processes(journal: CoreJournal = test.journal) {
    const parts = coreParts({}, { journal })
    const { client, clock, timers, config, log, metrics } = parts
    const start = () => createVenues(config, { client, journal, clock, timers, metrics, log })
    let venues = start()
    return {
      ...parts,
      restart: () => (venues = start()),
      drop: () => venues.drop(credentials),
      async approve() {
        const approved = await venues.approve(credentials, exchangeWith(clock)).finally(turn)
        return approved
      },
    }
  }

  it('lets an approved till in for a day after a restart while the core is down', async () => {
    const { approve, clock, restart } = processes()
    answer(200, crown())
    await approve()
    restart()
    clock.advance(dayMs)
    answer(503)
    expect(await approve()).to.deep.equal(venue)

    clock.advance(2)
    answer(503)
    expect(String(await failureOf(approve())), 'it is too old by now').to.equal(
      'CoreOutcomeUnknown: findVenue: 503',
    )
  })

  it('is asked for again as soon as the core answers', async () => {
    const { approve, clock, restart } = processes()
    answer(200, crown())
    await approve()
    restart()
    answer(503)
    await approve()
    clock.advance(2)
    answer(200, crown('renewed'))
    expect(await approve(), 'served at once').to.deep.equal(venue)
    await nockDone()
    expect(await approve()).to.include({ coreId: 'renewed' })
  })

  it('does not stand in for an answer of the core', async () => {
    const { approve, restart } = processes()
    answer(200, crown())
    await approve()
    restart()
    answer(200, [])
    expect(await failureOf(approve())).to.include({ code: 'VENUE_UNKNOWN' })
    restart()
    answer(503)
    expect(String(await failureOf(approve())), 'it is gone after a refusal').to.equal(
      'CoreOutcomeUnknown: findVenue: 503',
    )
  })

  it('is gone once it was dropped', async () => {
    const { approve, drop, restart } = processes()
    answer(200, crown())
    await approve()
    drop()
    await turn()
    restart()
    answer(503)
    expect(String(await failureOf(approve()))).to.equal('CoreOutcomeUnknown: findVenue: 503')
  })

  it('is not written if it was dropped while it was asked for', async () => {
    const { approve, drop, restart } = processes()
    const { promise: sent, resolve: send } = Promise.withResolvers<void>()
    const { promise: asked, resolve: ask } = Promise.withResolvers<void>()
    nock(coreOrigin)
      .get('/v1/venue?param=aztecVenueId:1902')
      .reply(async () => {
        ask()
        await sent
        return [200, crown()]
      })
    const waiting = approve()
    await asked
    drop()
    send()
    expect(await waiting, 'the waiting till gets the answer').to.deep.equal(venue)
    restart()
    answer(503)
    expect(String(await failureOf(approve()))).to.equal('CoreOutcomeUnknown: findVenue: 503')
  })

  it('counts for its own key only', async () => {
    const { approve, restart } = processes()
    answer(200, crown())
    await approve()
    restart()
    const other = await test.journal.findApproval(toCredentials('1902', 'another-key-0123'))
    expect(other).to.equal(undefined)
  })

  it('is not needed: if the journal cannot be used, whoever the core approves is let in', async () => {
    const locked = () => Promise.reject(new Error('locked'))
    const journal = { ...memoryJournal(), findApproval: locked, keepApproval: locked, dropApproval: locked }
    const { approve, logLines, restart } = processes(journal)
    answer(200, crown())
    expect(await approve()).to.deep.equal(venue)
    restart()
    answer(503)
    expect(String(await failureOf(approve()))).to.equal('CoreOutcomeUnknown: findVenue: 503')
    const complaint = 'venue approvals could not be read or written in the journal'
    expect(logLines.map(({ msg }) => msg)).to.deep.equal([complaint, complaint, complaint])
  })
})

/** Until no mocked answer is left, and the caches have the last. */
async function nockDone() {
  while (!nock.isDone()) await turn()
  for (let times = 0; times < 20; times++) await turn()
}
