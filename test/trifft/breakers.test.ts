import { expect } from 'chai'
import { mock } from 'node:test'
import nock from 'nock'
import { createBreakers } from '../../src/trifft/breakers.ts'
import {
  CoreOutcomeUnknown,
  CoreProtocolError,
  CoreRejected,
  CoreRequestInvalid,
  CoreUnavailable,
} from '../../src/trifft/errors.ts'
import { caller, cardNumber, coreOrigin, coreParts, exchangeWith, failureOf } from './setup.ts'

const unknown = new CoreOutcomeUnknown({ message: 'unknown' })
const unreachable = new CoreUnavailable({ message: 'unreachable' })

function breakersAt() {
  const { log, logLines, metrics } = coreParts()
  const breakers = createBreakers(['readCard', 'takePoints'], { log, metrics })
  let calls = 0
  const run = async (error?: Error) =>
    breakers.run('readCard', async () => {
      calls++
      if (error) throw error
      return 'done'
    })
  return {
    breakers,
    logLines,
    run,
    calls: () => calls,
    async fail(times: number, error: Error = unknown) {
      for (let time = 0; time < times; time++) expect(await failureOf(run(error))).to.equal(error)
    },
    async gauge() {
      const { body } = await metrics.page()
      return Number(/zonal_core_breaker_state\{operation="readCard"\} (\d)/.exec(body)?.[1])
    },
  }
}

describe('a breaker', () => {
  beforeEach(() => mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'] }))
  afterEach(() => mock.timers.reset())

  it('opens at the tenth failure, not before, and then lets no call through', async () => {
    const { breakers, calls, fail, gauge, logLines, run } = breakersAt()
    await fail(9)
    expect(breakers.states()).to.deep.equal({ readCard: 'closed', takePoints: 'closed' })
    expect(await gauge()).to.equal(0)
    await fail(1)
    expect(breakers.states()).to.deep.equal({ readCard: 'open', takePoints: 'closed' })
    expect(await gauge()).to.equal(2)

    const failure = await failureOf(run())
    expect(failure).to.be.instanceOf(CoreUnavailable)
    expect(failure).to.include({ code: 'CORE_UNAVAILABLE', message: 'readCard: not sent (breaker)' })
    expect(calls()).to.equal(10)
    expect(await breakers.run('takePoints', async () => 'other')).to.equal('other')
    expect(logLines.map(({ operation, msg }) => [operation, msg])).to.deep.equal([
      ['readCard', 'core calls are stopped: the breaker is open'],
    ])
    breakers.close()
  })

  it('counts calls that the network kept from leaving', async () => {
    const { breakers, fail } = breakersAt()
    await fail(10, unreachable)
    expect(breakers.states()).to.include({ readCard: 'open' })
    breakers.close()
  })

  for (const [what, error] of [
    ['a refusal', new CoreRejected('REWARD_EXPIRED', 'refused', { message: '402' })],
    ['a wrong key', new CoreRejected('CREDENTIALS_WRONG', 'not_done', { message: '401' })],
    ['a block', new CoreUnavailable({ message: '429' }, 'CORE_BUSY')],
    // One member with an odd name, one card that a gateway does not like, one argument that was never checked, scanned
    // ten times, stopped the balances of all.
    [
      'JSON that does not say what it must',
      new CoreProtocolError(['member'], { message: '200', status: 200 }),
    ],
    ['an error page with a 404', new CoreOutcomeUnknown({ message: '404', status: 404 })],
    ['a request that could not be made', new CoreRequestInvalid({ message: 'UND_ERR_INVALID_ARG' })],
  ] as const) {
    it(`does not count ${what}`, async () => {
      const { breakers, fail } = breakersAt()
      await fail(30, error)
      expect(breakers.states()).to.include({ readCard: 'closed' })
      breakers.close()
    })
  }

  for (const [what, error] of [
    ['an answer that cannot be read', new CoreOutcomeUnknown({ message: '200, not JSON', status: 200 })],
    ['an error of the core', new CoreOutcomeUnknown({ message: '500', status: 500 })],
    ['a timeout that the core itself reports', new CoreOutcomeUnknown({ message: '408', status: 408 })],
    ['a redirect', new CoreOutcomeUnknown({ message: '302', status: 302 })],
  ] as const)
    it(`counts ${what}`, async () => {
      const { breakers, fail } = breakersAt()
      await fail(10, error)
      expect(breakers.states()).to.include({ readCard: 'open' })
      breakers.close()
    })

  it('stays closed if half of the calls work', async () => {
    const { breakers, fail, run } = breakersAt()
    for (let round = 0; round < 20; round++) {
      await run()
      await fail(1)
    }
    expect(breakers.states()).to.include({ readCard: 'closed' })
    breakers.close()
  })

  it('forgets failures after a minute', async () => {
    const { breakers, fail } = breakersAt()
    await fail(9)
    mock.timers.tick(61_000)
    await fail(9)
    expect(breakers.states()).to.include({ readCard: 'closed' })
    breakers.close()
  })

  it('lets one call through after 10 s, and closes when that is answered, even with a refusal', async () => {
    const { breakers, calls, fail, gauge, logLines, run } = breakersAt()
    await fail(10)
    mock.timers.tick(9_999)
    expect(breakers.states()).to.include({ readCard: 'open' })
    mock.timers.tick(1)
    expect(breakers.states()).to.include({ readCard: 'half_open' })
    expect(await gauge()).to.equal(1)

    const answer = Promise.withResolvers<never>()
    const probe = failureOf(breakers.run('readCard', () => answer.promise))
    expect(String(await failureOf(run()))).to.equal('CoreUnavailable: readCard: not sent (breaker)')
    expect(calls()).to.equal(10)
    answer.reject(new CoreRejected('CARD_UNKNOWN', 'refused', { message: '404' }))
    await probe
    expect(breakers.states()).to.include({ readCard: 'closed' })
    expect(await gauge()).to.equal(0)
    expect(logLines.map(({ msg }) => msg)).to.deep.equal([
      'core calls are stopped: the breaker is open',
      'core calls go on: the breaker is closed',
    ])
    breakers.close()
  })

  it('opens again when the call that it let through fails', async () => {
    const { breakers, fail } = breakersAt()
    await fail(10)
    mock.timers.tick(10_000)
    await fail(1)
    expect(breakers.states()).to.include({ readCard: 'open' })
    mock.timers.tick(10_000)
    expect(breakers.states()).to.include({ readCard: 'half_open' })
    breakers.close()
  })

  it('refuses as not done once it is shut down', async () => {
    const { breakers, run } = breakersAt()
    breakers.close()
    expect(String(await failureOf(run()))).to.equal('CoreUnavailable: readCard: not sent (breaker)')
  })
})

describe('the breaker of an operation of the core', () => {
  it('stops calls before they are sent, for all keys together', async () => {
    const { client, clock } = coreParts()
    nock(coreOrigin).get('/v1/card/URCARD123').times(10).reply(503)
    for (let call = 0; call < 10; call++) {
      await failureOf(client.readCard(caller, cardNumber, exchangeWith(clock)))
    }
    const other = { ...caller, credentials: { ...caller.credentials, apiKey: 'another-key-0123' } }
    const exchange = exchangeWith(clock)
    const failure = await failureOf(client.readCard(other, cardNumber, exchange))
    expect(failure).to.have.property('message', 'readCard: not sent (breaker)')
    expect(exchange.facts.coreCalls).to.deep.equal([
      { operation: 'readCard', outcome: 'not_done', durationMs: 0, reason: 'readCard: not sent (breaker)' },
    ])
    expect(client.states()).to.include({ readCard: 'open', readRewards: 'closed' })
    await client.close()
  })

  it('does not count calls that had too little time to be sent', async () => {
    const { client, clock } = coreParts()
    for (let call = 0; call < 20; call++) {
      await failureOf(client.readCard(caller, cardNumber, exchangeWith(clock, 50)))
    }
    expect(client.states()).to.include({ readCard: 'closed' })
    await client.close()
  })
})
