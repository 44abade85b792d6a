import { expect } from 'chai'
import { useAtLengthOnly } from '../support/at-length.ts'
import { pendingWithoutPostgres } from '../support/postgres-for-tests.ts'
import { useOwnBroker } from '../support/kafka-for-tests.ts'
import { useRealSockets } from '../support/real-sockets.ts'
import { forget, runTorture } from './run.ts'

/** Fixed, so that a failure is the same choices again; `npm run torture` takes others. */
const seed = 20_250

describe('a service under torture', function () {
  this.timeout(300_000)
  useRealSockets()
  useAtLengthOnly()
  const broker = useOwnBroker()

  it('loses nothing, takes nothing twice, and keeps no till waiting', async () => {
    await torture({ seconds: 30, seed, replicas: 1, kafka: broker() }, [
      'kills',
      'brokerLosses',
      'coreLosses',
      'journalLocks',
    ])
  })
})

describe('three replicas under torture', function () {
  this.timeout(300_000)
  useRealSockets()
  useAtLengthOnly()
  before(async function () {
    await pendingWithoutPostgres(this)
  })
  const broker = useOwnBroker()

  it("lose nothing, take nothing twice, never exceed the core's limit, and keep no till waiting", async () => {
    await torture({ seconds: 25, seed, replicas: 3, kafka: broker() }, [
      'kills',
      'rollouts',
      'databaseLosses',
      'coreLosses',
    ])
  })
})

/** @param chaos all that has to have happened in it */
async function torture(options: Parameters<typeof runTorture>[0], chaos: string[]) {
  const { figures, problems, folder } = await runTorture(options)
  expect(problems, `${folder} ${JSON.stringify(figures)}`).to.deep.equal([])
  expect(figures.audited.tickets).to.be.above(0)
  expect(figures.audited.redemptions).to.be.above(0)
  expect(figures.chaos).to.include.keys(chaos)
  forget(folder)
}
