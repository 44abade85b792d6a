import { expect } from 'chai'
import pg from 'pg'
import type { Journal } from '../../src/journal/journal.ts'
import { migrationLock } from '../../src/journal/postgres/migrate.ts'
import { isHeldUp } from '../../src/redemptions/decide-debit.ts'
import type { DebitIntent } from '../../src/redemptions/redemption.ts'
import { commit, startCuttingProxy, type CuttingProxy } from '../support/cutting-proxy.ts'
import { createReplica } from '../support/both-databases.ts'
import { openImpatient, patienceMs } from '../support/impatient-journal.ts'
import { usePostgres } from '../support/postgres-for-tests.ts'
import { useRealSockets } from '../support/real-sockets.ts'
import { confirmed, couponDebit, sendNext } from '../support/redemption.ts'
import { refusedInTime } from '../support/refused-in-time.ts'

describe('the journal on PostgreSQL, when the network fails,', () => {
  useRealSockets()
  const createDatabase = usePostgres()
  let url: string
  let proxy: CuttingProxy
  let direct: pg.Client
  const journals: Journal[] = []

  beforeEach(async () => {
    url = await createDatabase()
    proxy = await startCuttingProxy(url)
    direct = new pg.Client({ connectionString: url })
    direct.on('error', () => undefined)
    await direct.connect()
  })
  afterEach(async () => {
    await Promise.all(journals.splice(0).map((journal) => journal.close()))
    proxy.stop()
    await direct.end()
  })

  async function open(at = proxy.url) {
    const journal = await openImpatient(at)
    journals.push(journal)
    return journal
  }
  const rows = async (table: string) => (await direct.query(`SELECT * FROM ${table}`)).rows as object[]
  const debit = (journal: Journal, more: Partial<DebitIntent> = {}) =>
    journal.beginDebit({ ...couponDebit, ...more }, sendNext)

  it('gives up in time in a black hole, says so, and works again once the network is back', async () => {
    const journal = await open()
    proxy.swallow()
    await Promise.all(
      Array.from({ length: 9 }, (_, card) => refusedInTime(debit(journal, { cardHash: `${card}` }))),
    )
    expect(journal.trouble()).to.match(/cannot be used/)
    await refusedInTime(debit(journal))
    await proxy.heal()
    expect(await debit(journal)).to.have.property('do', 'send')
    expect(journal.trouble()).to.equal(undefined)
  })

  it('gives up in time if the network is a black hole when it is first used, and works afterwards', async () => {
    const journal = await open()
    const swallowed = proxy.onNext(/^BEGIN/, 'before', 'swallow')
    await refusedInTime(debit(journal))
    await swallowed
    expect(await debit(journal)).to.have.property('do', 'send')
  })

  it('closes in a black hole', async () => {
    const journal = await open()
    proxy.swallow()
    await journal.close()
  })

  it('creates the schema even if a connection is cut meanwhile', async () => {
    const cut = proxy.onNext(/CREATE TABLE redemptions/, 'after', 'cut')
    const journal = await open()
    expect(await debit(journal)).to.have.property('do', 'send')
    await cut
  })

  it('opens while it cannot connect, refuses in time, and works once it can', async () => {
    proxy.refuse()
    const journal = await open()
    const refusal = await refusedInTime(debit(journal))
    expect(refusal.message).to.match(/ECONNREFUSED/)
    expect(refusal).to.have.property('mayBeDone', false)
    await proxy.heal()
    expect(await debit(journal)).to.have.property('do', 'send')
  })

  it('refuses in time while another replica creates the schema, and works afterwards', async () => {
    await direct.query(`SELECT pg_advisory_lock(${migrationLock})`)
    const journal = createReplica(proxy.url, { patienceMs })
    journals.push(journal)
    expect(String(await refusedInTime(debit(journal)))).to.match(/schema is being migrated/)
    await direct.query(`SELECT pg_advisory_unlock(${migrationLock})`)
    expect(await debit(journal)).to.have.property('do', 'send')
  })

  it('refuses in time if the answer of a COMMIT is swallowed, and finds afterwards what was written', async () => {
    const journal = await open()
    const swallowed = proxy.onNext(commit, 'after', 'swallow')
    expect(await refusedInTime(debit(journal))).to.have.property('mayBeDone', true)
    await swallowed
    const again = await journal.beginDebit(couponDebit, ({ attempts }) => {
      expect(attempts).to.have.length(1)
      return { do: 'refuse', code: 'TRY_AGAIN_SHORTLY' }
    })
    expect(again).to.have.property('code', 'TRY_AGAIN_SHORTLY')
    expect(await rows('redemptions')).to.have.length(1)
  })

  it('does not wait for a row that is locked, and works once it is free', async () => {
    const journal = await open()
    const begun = await debit(journal)
    if (begun.do !== 'send') throw new Error('was not sent')
    const { id, call } = begun.redemption
    const record = () => journal.record(id, { kind: 'debit_outcome', outcome: confirmed(), callId: call?.id })
    await direct.query('BEGIN; SELECT * FROM redemptions FOR UPDATE')
    expect(String(await refusedInTime(record()))).to.match(/lock timeout/)
    await direct.query('ROLLBACK')
    expect((await record()).redemption).to.have.property('state', 'confirmed')
  })

  it('ends a statement that takes too long, also in the server', async () => {
    const journal = await open()
    await direct.query(`CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql
      AS 'BEGIN PERFORM pg_sleep(60); RETURN NEW; END'`)
    await direct.query('CREATE TRIGGER slow BEFORE INSERT ON redemptions EXECUTE FUNCTION slow()')
    await refusedInTime(debit(journal))
    const active = `SELECT 1 FROM pg_stat_activity
      WHERE datname = current_database() AND state = 'active' AND pid <> pg_backend_pid()`
    while ((await direct.query(active)).rowCount !== 0) await direct.query('SELECT pg_sleep(0.02)')
    await direct.query('DROP TRIGGER slow ON redemptions')
    expect(await debit(journal)).to.have.property('do', 'send')
  })

  it('lets only one of two replicas begin on a card: the other reads once that is written', async () => {
    const [first, second] = [await open(), await open(url)]
    const begin = (journal: Journal, key: string, look = () => {}) =>
      journal.beginDebit({ ...couponDebit, key }, (found) => {
        look()
        return isHeldUp(found, couponDebit.tenant) ? { do: 'wait' } : sendNext(found)
      })
    // Gives the second time between the first's read and write.
    proxy.delay(100)
    let other: ReturnType<typeof begin> | undefined
    const begun = await begin(first, 'T-1', () => {
      other ??= begin(second, 'T-2')
    })
    expect([begun.do, (await other)?.do]).to.deep.equal(['send', 'wait'])
  })

  it('frees a card whose replica is in a black hole, and does not hold up other cards meanwhile', async () => {
    const [lost, other] = [await open(), await open(url)]
    const swallowed = proxy.onNext(/^SELECT 'attempt'/, 'after', 'swallow')
    const failure = refusedInTime(debit(lost))
    await swallowed
    const startedMs = performance.now()
    await refusedInTime(debit(other))
    expect(await debit(other, { cardHash: 'another', key: 'T-2' })).to.have.property('do', 'send')
    while (!(await debit(other).catch(() => undefined)))
      expect(performance.now() - startedMs).to.be.below(5_000)
    await failure
    expect(await rows('redemptions')).to.have.length(2)
  })

  it('works after the server has ended its connections', async () => {
    const journal = await open()
    await direct.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND pid <> pg_backend_pid()`,
    )
    expect(await debit(journal)).to.have.property('do', 'send')
  })
})
