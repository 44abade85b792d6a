import { expect } from 'chai'
import { createLogger } from '../../src/observability/logger.ts'
import { createMetrics } from '../../src/observability/metrics.ts'
import { createRelayLease, type RelayLease } from '../../src/tickets/lease.ts'
import { openReplica } from '../support/both-databases.ts'
import { createManualClock, type ManualClock } from '../support/manual-clock.ts'
import { runSql } from '../support/postgres-database.ts'
import { usePostgres } from '../support/postgres-for-tests.ts'
import { nextMigrations, useMigrated } from '../support/schemas.ts'
import { useRealSockets } from '../support/real-sockets.ts'

describe('the lease of the relay', () => {
  useRealSockets()
  const makeDatabase = usePostgres()
  const makeMigrated = useMigrated(nextMigrations)
  let url: string
  let clocks: ManualClock[]
  let leases: RelayLease[]
  let close: (() => Promise<void>)[]

  beforeEach(async () => {
    url = await makeDatabase()
    ;[clocks, leases, close] = [[], [], []]
  })
  afterEach(async () => {
    for (const end of close) await end()
  })

  it('is held by one of those that ask at the same time', async () => {
    for (let replica = 0; replica < 5; replica++) await addReplica()
    for (const lease of leases) lease.start()
    await Promise.race(leases.map((lease) => lease.untilHeld()))
    await asked()
    expect(held()).to.have.length(1)
  })

  it('is kept while it is renewed, and taken by another once it has run out', async () => {
    const [first, second] = [await addReplica(), await addReplica()]
    first.lease.start()
    await first.lease.untilHeld()
    second.lease.start()
    await asked()
    for (let times = 0; times < 4; times++) {
      await letPass(1_500, clocks)
      expect(held()).to.deep.equal([0])
    }
    // The first is killed: nothing of it runs any more.
    await letPass(4_000, [second.clock])
    expect(held()).to.deep.equal([0])
    first.clock.advance(5_100)
    expect(held(), 'the first no longer counts itself as the holder').to.deep.equal([])
    await letPass(1_500, [second.clock])
    expect(held()).to.deep.equal([1])
  })

  it('goes to another at once if it is given back', async () => {
    const [first, second] = [await addReplica(), await addReplica()]
    first.lease.start()
    await first.lease.untilHeld()
    await first.lease.stop()
    expect(held()).to.deep.equal([])
    second.lease.start()
    await second.lease.untilHeld()
    expect(held()).to.deep.equal([1])
  })

  it('goes from one to another on the schema of the next release', async () => {
    url = await makeMigrated()
    for (let replica = 0; replica < 3; replica++) {
      const { lease } = await addReplica()
      lease.start()
      await lease.untilHeld()
      await lease.stop()
    }
  })

  // In another project any process could renew the lease of another, and two were leaders for weeks.
  it('is never renewed by another', async () => {
    const [first, second] = [await addReplica(), await addReplica()]
    expect(await first.shared.keep('relay', 5_000)).to.deep.equal({ term: 1 })
    expect(await second.shared.keep('relay', 5_000)).to.equal(undefined)
    expect(await first.shared.keep('relay', 5_000)).to.deep.equal({ term: 1 })
    await second.shared.giveBack('relay')
    expect(await second.shared.keep('relay', 5_000)).to.equal(undefined)
    await runSql(url, 'UPDATE leases SET until_ms = now_ms() - 1')
    expect(await second.shared.keep('relay', 5_000), 'a new term').to.deep.equal({ term: 2 })
    expect(await first.shared.keep('relay', 5_000)).to.equal(undefined)
  })

  async function addReplica() {
    const [clock, log, metrics] = [createManualClock(), createLogger('silent'), createMetrics()]
    const journal = await openReplica(url)
    const shared = journal.sharedLease!
    const lease = createRelayLease({ lease: shared, clock, timers: clock, log, metrics })
    clocks.push(clock)
    leases.push(lease)
    close.push(async () => {
      await lease.stop()
      await journal.close()
    })
    return { clock, lease, shared }
  }

  /** Lets time pass for the database too. */
  async function letPass(ms: number, each: ManualClock[]) {
    await runSql(url, `UPDATE leases SET until_ms = until_ms - ${ms}`)
    for (const clock of each) await clock.pass(ms)
    await asked()
  }

  /** Every query to the database has its answer. */
  async function asked() {
    for (const clock of clocks) await clock.whenSet(1_500)
  }

  function held(): number[] {
    return leases.flatMap((lease, replica) => (lease.isHeld() ? [replica] : []))
  }
})
