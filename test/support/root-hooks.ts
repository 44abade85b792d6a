import { config, expect } from 'chai'
import { configureGlobal } from 'fast-check'
import nock from 'nock'

// By default chai cuts values to 40 characters, which show of a reply that it is an error, but not its code.
config.truncateThreshold = 1_000
// By default the failed check is the cause of the error, and a parallel worker passes on an error without its cause.
configureGlobal({ includeErrorInReport: true })

/**
 * An un-mocked call would hide as a failure of the core (nock answers it with 501), so every test that makes one
 * fails, as does a test that leaves an expected call unmade.
 */
const unmatched: string[] = []
const note = ({ method, url }: Request) => {
  // Servers of the tests themselves are on 127.0.0.1.
  if (new URL(url).hostname !== '127.0.0.1') unmatched.push(`${method} ${url}`)
}

export const mochaHooks = {
  beforeAll() {
    // In a parallel run a worker has these hooks around each of its files.
    if (!nock.isActive()) nock.activate()
    nock.disableNetConnect()
    nock.enableNetConnect('127.0.0.1')
    nock.emitter.on('no match', note)
  },
  afterEach() {
    const pending = nock.pendingMocks()
    const strangers = unmatched.splice(0)
    nock.cleanAll()
    expect(strangers, 'calls that no test expected').to.deep.equal([])
    expect(pending, 'expected calls that were not made').to.deep.equal([])
  },
  afterAll() {
    nock.emitter.off('no match', note)
    nock.restore()
  },
}
