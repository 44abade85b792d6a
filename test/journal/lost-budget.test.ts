import { expect } from 'chai'
import { openReplicas } from '../support/both-databases.ts'
import { usePostgres } from '../support/postgres-for-tests.ts'
import type { TestJournal } from '../support/test-journal.ts'

const scope = 'tenant'
const limit = 48
const holdMs = 15_000
/** A balance leaves eight slots to those who go first. */
const lowMax = 40

describe('a budget that the database has lost, as by a restore,', () => {
  const makeDatabase = usePostgres()
  let replicas: [TestJournal, ...TestJournal[]]
  beforeEach(async () => {
    replicas = await openReplicas(await makeDatabase(), 2)
    for (const replica of replicas) await take(replica)
    await replicas[0].sql('DELETE FROM budgets')
  })
  afterEach(() => Promise.all(replicas.map((replica) => replica.end())))

  const take = ({ journal }: TestJournal, max = limit) =>
    journal.sharedBudget!.take(scope, { count: 1, max, limit, holdMs, windowMs: 10_000 }, [])
  const pass = async (ms: number) => {
    const [{ clock, sql }] = replicas
    clock.pass(ms)
    await sql(`UPDATE test_clock SET ms = ${clock.nowMs()}`)
  }

  it('counts as used up, for all replicas and lanes, until no call can count any more', async () => {
    const [first, second] = replicas as [TestJournal, TestJournal]
    expect(await take(first, lowMax)).to.deep.equal({ reason: 'no_slot', freeInMs: holdMs })
    expect(await take(first)).to.deep.equal({ reason: 'no_slot', freeInMs: holdMs })
    await pass(holdMs - 1)
    expect(await take(second)).to.deep.equal({ reason: 'no_slot', freeInMs: 1 })
    await pass(1)
    expect(await take(second)).to.have.property('slots')
    expect(await take(first)).to.have.property('slots')
  })

  it('is not freed by the ends of the calls that it had counted', async () => {
    const [first] = replicas
    await take(first)
    const ended = Array.from({ length: limit }, (_, slot) => ({ slot, hasLeft: slot % 2 === 0 }))
    await first.journal.sharedBudget!.end(scope, ended, 10_000)
    expect(await take(first)).to.deep.equal({ reason: 'no_slot', freeInMs: holdMs })
  })

  it('is said once, though all replicas find out at the same time', async () => {
    await Promise.all(replicas.map((replica) => take(replica)))
    const lines = replicas[0].lines.filter((line) => line.includes('lost the count of calls'))
    expect(lines).to.have.length(1)
  })
})
