import { expect } from 'chai'
import { pendingWithoutPostgres } from '../support/postgres-for-tests.ts'
import { useRealSockets } from '../support/real-sockets.ts'
import { runFlood } from './flood.ts'

describe('a service that is asked for ten times what the core allows', function () {
  this.timeout(60_000)
  useRealSockets()

  it('never trips the limit, answers every till in time, and serves credits and undos before all else', async () => {
    const figures = await runFlood({ seconds: 10, seed: 1 })
    expect(figures).to.include({ rateLimited: 0, late: 0, broken: 0, owed: 0 })
    expect(figures.balances.asked * 2, 'calls asked for').to.be.above(figures.calls * 5)
    expect(figures.balances.ok).to.be.above(0)
    expect(figures.credits.asked).to.be.above(0)
    expect(figures.credits).to.deep.equal({ asked: figures.credits.asked, ok: figures.credits.asked })
  })

  it('never trips the limit with three replicas, which are one caller to the core', async function () {
    await pendingWithoutPostgres(this)
    const figures = await runFlood({ seconds: 11, seed: 1, replicas: 3 })
    expect(figures).to.include({ rateLimited: 0, late: 0, broken: 0, owed: 0 })
    expect(figures.callsInTenSeconds.most).to.be.within(40, 48)
  })
})
