import { expect } from 'chai'
import { useOwnBroker } from '../support/kafka-for-tests.ts'
import { useRealSockets } from '../support/real-sockets.ts'
import { forget, runTorture } from './run.ts'

/** Fixed, so that a failure is the same choices again; `npm run torture` takes others. */
const seed = 20_250

describe('a service under torture', function () {
  this.timeout(300_000)
  useRealSockets()
  const broker = useOwnBroker()

  it('loses nothing, takes nothing twice, and keeps no till waiting', async () => {
    const { figures, problems, folder } = await runTorture({ seconds: 30, seed, kafka: broker() })
    expect(problems, `${folder} ${JSON.stringify(figures)}`).to.deep.equal([])
    expect(figures.audited.tickets).to.be.above(0)
    expect(figures.audited.redemptions).to.be.above(0)
    expect(figures.chaos).to.include.keys('kills', 'brokerLosses', 'coreLosses', 'journalLocks')
    forget(folder)
  })
})
