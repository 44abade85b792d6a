import { expect } from 'chai'
import { startCoreSimulator, type CoreSimulator } from './core.ts'
import { createCaller } from './core/caller.ts'
import { demo } from './core/demo-project.ts'
import { publishedLimit } from './core/rate-limit.ts'

describe('the simulated core, with a limit of 50 requests in 10 s and a block of 60 s,', () => {
  let nowMs = 0
  let core: CoreSimulator
  let caller: ReturnType<typeof createCaller>
  beforeEach(async () => {
    nowMs = Date.UTC(2026, 10, 23, 12)
    core = await startCoreSimulator({ nowMs: () => nowMs })
    caller = createCaller(core)
  })
  afterEach(() => core.close())

  const ask = async (key: string = demo.apiKey) => {
    const headers = { authorization: `Bearer ${key}` }
    return (await caller.ask(`/card/${demo.cards.anna}`, { headers })).status
  }
  const askTimes = async (times: number) => {
    const statuses = new Set<number>()
    for (let i = 0; i < times; i++) statuses.add(await ask())
    return [...statuses]
  }

  it('serves 50 in a window and refuses the 51st with Retry-After', async () => {
    expect(await askTimes(50)).to.deep.equal([200])
    const { status, headers, exception } = await caller.card(demo.cards.anna)
    expect([status, exception]).to.deep.equal([429, 'RateLimitExceededException'])
    expect(headers.get('retry-after')).to.equal('60')
    expect(core.rateLimited()).to.equal(1)
  })

  it('has a sliding window: what is older no longer counts', async () => {
    await askTimes(25)
    nowMs += 5_000
    await askTimes(25)
    nowMs += 5_000
    expect(await askTimes(25)).to.deep.equal([200])
    expect(await ask()).to.equal(429)
  })

  it('refuses everything for the whole block, which asking does not prolong, and then starts afresh', async () => {
    await askTimes(51)
    nowMs += 59_000
    const late = await caller.ask('/venue?param=aztecVenueId:1902')
    expect(late.exception).to.equal('RateLimitExceededException')
    expect(late.headers.get('retry-after')).to.equal('1')
    nowMs += 1_000
    expect(await askTimes(50)).to.deep.equal([200])
  })

  it('does nothing that it refuses', async () => {
    await askTimes(51)
    const { exception } = await caller.debit(demo.cards.anna, 200, 'p-1')
    expect(exception).to.equal('RateLimitExceededException')
    expect(core.movements()).to.deep.equal([])
  })

  it('counts all callers together, or each key separately', async () => {
    await askTimes(51)
    expect(await ask(demo.readOnlyKey)).to.equal(429)
    core.settings.limit = { ...publishedLimit, scope: 'key' }
    expect(await ask(demo.readOnlyKey)).to.equal(200)
  })

  it('can be switched off', async () => {
    core.settings.limit = 'off'
    expect(await askTimes(60)).to.deep.equal([200])
  })
})
