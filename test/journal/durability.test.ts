import { expect } from 'chai'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import type { Journal } from '../../src/journal/journal.ts'
import { toDurability } from '../../src/journal/postgres/durability.ts'
import { StorageUnavailable } from '../../src/model/refusal.ts'
import { openReplica } from '../support/both-databases.ts'
import { journalEnv } from '../support/journal-url.ts'
import { runSql } from '../support/postgres-database.ts'
import { useOwnCluster } from '../support/postgres-for-tests.ts'
import { startReceiver } from '../support/postgres-receiver.ts'
import { processEnv } from '../support/process-env.ts'
import { useRealSockets } from '../support/real-sockets.ts'
import { confirmed, couponDebit, sendNext, settleDebit } from '../support/redemption.ts'
import { createTestParts, testMetrics } from '../support/test-journal.ts'

const defaults: Record<string, string> = { fsync: 'on', synchronous_standby_names: '' }
const main = new URL('../../src/main.ts', import.meta.url)

describe('how safe a commit is', () => {
  const safe = { fsync: 'on', synchronous_commit: 'on', asks_standby: true, standbys: 1 }
  const cases = [
    [{}, 'standby'],
    [{ synchronous_commit: 'remote_write' }, 'standby'],
    [{ synchronous_commit: 'remote_apply' }, 'standby'],
    [{ standbys: null }, 'unknown'],
    [{ standbys: 0 }, 'disk'],
    [{ asks_standby: false, standbys: null }, 'disk'],
    [{ synchronous_commit: 'local', standbys: null }, 'disk'],
    [{ synchronous_commit: 'off' }, 'memory'],
    [{ fsync: 'off' }, 'memory'],
  ] as const
  for (const [settings, level] of cases)
    it(`${level}: ${JSON.stringify(settings)}`, () => {
      const found = toDurability({ ...safe, ...settings }, true)
      expect(found.level).to.equal(level)
      expect(found.refusal !== undefined, 'only a server that does not sync is refused').to.equal(
        'fsync' in settings,
      )
    })

  it('is no reason to refuse outside of production', () => {
    expect(toDurability({ ...safe, fsync: 'off' }, false)).to.not.have.property('refusal')
  })
})

describe('the durability of the database', () => {
  useRealSockets()
  const cluster = useOwnCluster({ durable: true })
  let url: URL
  let journal: Journal | undefined
  let lines: string[]

  beforeEach(async () => {
    url = new URL(await cluster().createDatabase())
    lines = []
  })
  afterEach(async () => {
    await journal?.close()
    journal = undefined
  })

  async function open({ isProduction = false, patienceMs = 5_000 } = {}) {
    const parts = createTestParts()
    lines = parts.lines
    return (journal = await openReplica(url.href, { log: parts.log, isProduction, patienceMs }))
  }
  const sql = (statement: string) => runSql(cluster().url, statement)
  const said = () => lines.filter((line) => line.includes('commits of the database are'))
  const debit = (key: string) => journal!.beginDebit({ ...couponDebit, key, cardHash: key }, sendNext)

  /** Makes a role of its own, which sees what it may see. */
  async function asRole(name: string, ...settings: string[]) {
    await sql(`CREATE ROLE ${name} LOGIN PASSWORD 'of-a-test'`)
    await sql(`ALTER DATABASE ${url.pathname.slice(1)} OWNER TO ${name}`)
    for (const setting of settings) await sql(`ALTER ROLE ${name} SET ${setting}`)
    Object.assign(url, { username: name, password: 'of-a-test' })
  }

  it('is known once the journal is open, and said once', async () => {
    const found = (await open()).durability()!
    expect([found.level, found.text]).to.deep.equal([
      'disk',
      'on one disk: no synchronous standby is configured',
    ])
    await debit('T-1')
    await journal!.tidy()
    expect(said()).to.have.length(1)
    expect((await testMetrics.page()).body.split('\n')).to.include.members([
      'zonal_journal_durability{level="memory"} 0',
      'zonal_journal_durability{level="disk"} 1',
    ])
  })

  function useStandbyInSettings() {
    before(async () => {
      // So that what the tests do by themselves waits for no standby.
      await sql('ALTER ROLE postgres SET synchronous_commit = local')
      await set('synchronous_standby_names', 'standby')
    })
    after(async () => {
      await set('synchronous_standby_names', 'DEFAULT')
      await sql('ALTER ROLE postgres RESET synchronous_commit')
    })
  }

  // Whatever the server's own settings are.
  for (const [setting, level] of [
    ['off', 'memory'],
    ['local', 'disk'],
  ] as const)
    it(`is ${level} if the role has synchronous_commit = ${setting}`, async () => {
      await asRole(`with_${setting}`, `synchronous_commit = ${setting}`)
      expect((await open()).durability()).to.include({ level })
      expect(lines.join()).to.match(setting === 'off' ? /synchronous_commit is off/ : /synchronous standby/)
    })

  describe('with a standby in its settings', () => {
    useStandbyInSettings()

    it('is standby if it is there, and unknown to a role that may not see it', async () => {
      const end = await startReceiver(cluster().url, 'standby')
      try {
        await asRole('sees_nothing')
        expect((await open()).durability()).to.deep.equal({
          level: 'unknown',
          text: 'on one disk at least: without pg_monitor its standbys cannot be seen',
        })
        await journal!.close()
        await sql('GRANT pg_monitor TO sees_nothing')
        expect((await open()).durability()).to.deep.equal({
          level: 'standby',
          text: 'on disk, also at a synchronous standby',
        })
        expect(said()).to.have.length(1)
        expect(said()[0]).to.include('"level":"info"')
      } finally {
        await end()
      }
    })

    // The look itself writes nothing, so it waits for nobody.
    it('is disk while the standby is away', async () => {
      await asRole('sees_all')
      await sql('GRANT pg_monitor TO sees_all')
      const end = await startReceiver(cluster().url, 'standby')
      await (await open()).close()
      await end()
      expect((await open()).durability()).to.deep.equal({
        level: 'disk',
        text: 'on one disk: no synchronous standby is there',
      })
    })
  })

  describe('of a commit that is cancelled while it waits for its standby', () => {
    useStandbyInSettings()

    // PostgreSQL says that it is done.
    it('is counted', async () => {
      await asRole('waits')
      const end = await startReceiver(cluster().url, 'standby')
      await open()
      await end()
      const counted = async () => {
        const [, count] = /^zonal_journal_unreplicated_commits_total (\d+)$/m.exec(
          (await testMetrics.page()).body,
        )!
        return Number(count)
      }
      const before = await counted()
      const underWay = debit('T-1')
      const client = new pg.Client(cluster().url)
      await client.connect()
      const cancel = `SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND usename = 'waits'`
      while ((await client.query(cancel)).rowCount === 0);
      await client.end()
      expect(await underWay).to.have.property('do', 'send')
      expect(await counted()).to.equal(before + 1)
    })
  })

  describe('with fsync=off', () => {
    beforeEach(() => set('fsync', 'off'))
    afterEach(() => set('fsync', 'DEFAULT'))

    it('ends the start in production with 78, and says what to do', async () => {
      const adapter = spawn(process.execPath, [fileURLToPath(main)], {
        env: {
          ...processEnv(),
          ...journalEnv(url.href),
          NODE_ENV: 'production',
          HOST: '127.0.0.1',
          PORT: '0',
          MANAGEMENT_PORT: '0',
          KAFKA_BROKERS: '127.0.0.1:9',
          JOURNAL_KEY: Buffer.alloc(32, 1).toString('base64'),
          CARD_HASH_KEY: 'a card hash key for tests',
        },
      })
      const [stderr, [code]] = await Promise.all([text(adapter.stderr), once(adapter, 'exit')])
      expect(stderr).to.match(/^JournalNotDurable: the database has fsync=off, .*: switch it on$/m)
      expect(code).to.equal(78)
    })

    it('is only said elsewhere', async () => {
      expect((await open()).durability()).to.deep.equal({
        level: 'memory',
        text: 'in memory only: fsync is off',
      })
      expect(await debit('T-1')).to.have.property('do', 'send')
    })

    // All replicas would end at once after a failover, and then no till would even be told what to do.
    it('refuses what is new if it is found out later, settles what is under way, and works once it is on', async () => {
      await set('fsync', 'DEFAULT')
      await open({ isProduction: true })
      const begun = await debit('T-1')
      if (begun.do !== 'send') return expect.fail()
      await set('fsync', 'off')
      await cluster().kill9()
      await journal!.close()
      await open({ isProduction: true, patienceMs: 1_000 })
      expect(journal!.trouble()).to.match(/ECONNREFUSED/)
      await cluster().restart()
      const refusal = await debit('T-2').catch((error: unknown) => error)
      expect(refusal)
        .to.be.instanceOf(StorageUnavailable)
        .with.property('message')
        .that.matches(/fsync=off/)
      expect(journal!.trouble()).to.match(/fsync=off/)
      expect(await settleDebit(journal!, begun.redemption.id, confirmed())).to.include({ stands: true })
      await set('fsync', 'DEFAULT')
      expect(await debit('T-2')).to.have.property('do', 'send')
      expect(journal!.trouble()).to.equal(undefined)
      expect(journal!.durability()).to.include({ level: 'disk' })
    })
  })

  async function set(name: string, value: string) {
    await sql(`ALTER SYSTEM SET ${name} = ${value}`)
    await sql('SELECT pg_reload_conf()')
    const client = new pg.Client(cluster().url)
    await client.connect()
    const shown = async () => (await client.query<Record<string, string>>(`SHOW ${name}`)).rows[0]?.[name]
    const wanted = { DEFAULT: defaults[name] }[value] ?? value
    while ((await shown()) !== wanted);
    await client.end()
  }
})
