import { expect } from 'chai'
import { useAtLengthOnly } from '../support/at-length.ts'
import { pendingWithoutPostgres } from '../support/postgres-for-tests.ts'
import { useRealSockets } from '../support/real-sockets.ts'
import { runRollingRestart } from './run-rolling-restart.ts'

/** A machine that runs other tests meanwhile is slow, and that is no failure of a restart. */
const patientEnv = {
  POS_DEADLINE_MS: '20000',
  CORE_BALANCE_DEADLINE_MS: '15000',
  CORE_REDEMPTION_DEADLINE_MS: '15000',
}

describe('a rolling restart of three replicas', function () {
  this.timeout(120_000)
  useRealSockets()
  useAtLengthOnly()

  it('fails no message, loses no ticket, and takes nothing twice', async function () {
    await pendingWithoutPostgres(this)
    // As long as the chart's. With 1.5 s, two messages got 503 STOPPING once, on a machine that was busy with other tests.
    const drainMs = 5_000
    const order = { replicas: 3, restarts: 1, perSecond: 25, drainMs, probeEveryMs: 300 }
    const { figures, failures } = await runRollingRestart(order, patientEnv)
    expect(failures).to.deep.equal([])
    expect(figures).to.include({ failed: 0, ended: 3, endedBadly: 0, ticketsLost: 0, cardsWrong: 0 })
    expect(figures.tickets).to.be.above(order.perSecond)
  })
})
