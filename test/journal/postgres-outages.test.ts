import { expect } from 'chai'
import pg from 'pg'
import type { Journal } from '../../src/journal/journal.ts'
import { openImpatient } from '../support/impatient-journal.ts'
import { runSql } from '../support/postgres-database.ts'
import { useOwnCluster } from '../support/postgres-for-tests.ts'
import { useRealSockets } from '../support/real-sockets.ts'
import { confirmed, couponDebit, sendNext, settleDebit } from '../support/redemption.ts'
import { refusedInTime } from '../support/refused-in-time.ts'
import { createTestParts } from '../support/test-journal.ts'

/** From the return of the database until everything works again by itself. */
const worksAgainWithinMs = 5_000

describe('the journal on PostgreSQL, when the server fails,', () => {
  useRealSockets()
  const cluster = useOwnCluster({ settings: { synchronous_commit: 'on' } })
  let url: string
  let journal: Journal
  let lines: string[]
  let keys = 0

  beforeEach(async () => {
    url = await cluster().createDatabase()
    const parts = createTestParts()
    lines = parts.lines
    journal = await openImpatient(url, { log: parts.log })
    await useAtOnce()
  })
  afterEach(async () => {
    await journal.close()
    for (const name of ['default_transaction_read_only', 'synchronous_standby_names'])
      await set(name, 'DEFAULT')
  })

  /** A debit of a card of its own. */
  const debit = () => {
    const name = `${++keys}`
    return journal.beginDebit({ ...couponDebit, key: name, cardHash: name }, sendNext)
  }
  /** Leaves each connection of the pool idle. */
  const useAtOnce = () => Promise.all(Array.from({ length: 6 }, debit))
  const count = async () => Number((await ask('SELECT count(*) FROM redemptions'))[0]?.count)

  async function ask(sql: string, at = url): Promise<Record<string, unknown>[]> {
    const client = new pg.Client({ connectionString: at })
    await client.connect()
    try {
      return (await client.query<Record<string, unknown>>(sql)).rows
    } finally {
      await client.end()
    }
  }

  /** Of all sessions of the server, once it has read it. */
  async function set(name: string, value: string) {
    await runSql(cluster().url, `ALTER SYSTEM SET ${name} = ${value}`)
    await runSql(cluster().url, 'SELECT pg_reload_conf()')
    const isSet = async () => {
      const [shown] = await ask(`SHOW ${name}`, cluster().url)
      return value === 'DEFAULT' ? /^(off)?$/.test(String(shown?.[name])) : shown?.[name] === value
    }
    while (!(await isSet())) await new Promise(setImmediate)
  }

  async function expectToWorkAgain() {
    const startedMs = performance.now()
    while (!(await debit().catch(() => undefined)))
      expect(performance.now() - startedMs).to.be.below(worksAgainWithinMs)
    expect(journal.trouble()).to.equal(undefined)
  }

  it('refuses work while the server is down, keeps running, and works again by itself', async () => {
    const before = await count()
    const underWay = Promise.allSettled(Array.from({ length: 6 }, debit))
    await cluster().kill9()
    await underWay
    expect(String(await refusedInTime(debit()))).to.match(/ECONNREFUSED/)
    expect(lines.join()).to.include('trouble with the journal')
    await cluster().restart()
    await expectToWorkAgain()
    const sent = (await underWay).filter(({ status }) => status === 'fulfilled').length
    expect(await count(), 'every debit that was answered is there').to.be.at.least(before + sent + 1)
  })

  // What was begun before the return of a database, and failed after it, reported it as away again.
  it('is not away because one use of it fails, if another has reached it meanwhile', async () => {
    const begun = await debit()
    if (begun.do !== 'send') throw new Error('was not sent')
    const holder = new pg.Client({ connectionString: url })
    await holder.connect()
    try {
      await holder.query('BEGIN')
      await holder.query('SELECT FROM redemptions WHERE id = $1 FOR UPDATE', [begun.redemption.id])
      const held = refusedInTime(settleDebit(journal, begun.redemption.id, confirmed()))
      await debit()
      expect(String(await held)).to.match(/cannot be used/)
      expect(journal.trouble()).to.equal(undefined)
      expect(lines.join()).not.to.include('trouble with the journal')
    } finally {
      await holder.end()
    }
  })

  it('keeps running if the server goes down while its connections are idle', async () => {
    await cluster().restart()
    expect(
      lines.filter((line) => line.includes('an idle connection to the database was closed')),
    ).to.have.length(4)
    await expectToWorkAgain()
  })

  it('refuses in time while the server is frozen, and works again once it continues', async () => {
    const pids = [
      cluster().pid(),
      ...(await ask('SELECT pid FROM pg_stat_activity')).map(({ pid }) => Number(pid)),
    ]
    const signal = (name: NodeJS.Signals) => pids.forEach((pid) => pid && send(pid, name))
    signal('SIGSTOP')
    try {
      await Promise.all([debit(), debit(), journal.stats()].map(refusedInTime))
      await refusedInTime(debit())
    } finally {
      signal('SIGCONT')
    }
    await expectToWorkAgain()
  })

  it('writes nothing to a server that became read-only, and works once it is writable', async () => {
    await set('default_transaction_read_only', 'on')
    const before = await count()
    expect(String(await refusedInTime(debit()))).to.match(/read-only/)
    expect(await count()).to.equal(before)
    await set('default_transaction_read_only', 'DEFAULT')
    await expectToWorkAgain()
  })

  it('switches to the primary if its connections lead to a server that no longer is one', async () => {
    const { pathname } = new URL(url)
    // For new sessions only.
    await ask(`ALTER DATABASE ${pathname.slice(1)} SET default_transaction_read_only = off`)
    await set('default_transaction_read_only', 'on')
    expect(await debit()).to.have.property('do', 'send')
  })

  it('does not create the schema on a read-only server, and does once it is writable', async () => {
    const empty = await cluster().createDatabase()
    await set('default_transaction_read_only', 'on')
    await journal.close()
    journal = await openImpatient(empty)
    expect(String(await refusedInTime(debit()))).to.match(/read-only/)
    await set('default_transaction_read_only', 'DEFAULT')
    await expectToWorkAgain()
  })

  it('refuses in time while COMMIT waits for a standby that is down, and finds its row afterwards', async () => {
    await set('synchronous_standby_names', 'nobody')
    const intent = { ...couponDebit, key: 'waits', cardHash: 'waits' }
    await refusedInTime(journal.beginDebit(intent, sendNext))
    await refusedInTime(journal.beginDebit(intent, sendNext))
    await set('synchronous_standby_names', 'DEFAULT')
    await expectToWorkAgain()
    const again = await journal.beginDebit(intent, ({ attempts }) => {
      expect(attempts).to.have.length(1)
      return { do: 'refuse', code: 'TRY_AGAIN_SHORTLY' }
    })
    expect(again).to.have.property('code', 'TRY_AGAIN_SHORTLY')
  })

  it('opens while the server is down, and works once it is up', async () => {
    await journal.close()
    await cluster().kill9()
    journal = await openImpatient(url)
    await refusedInTime(debit())
    expect(journal.trouble()).to.match(/cannot be used/)
    await cluster().restart()
    await expectToWorkAgain()
  })
})

/** It may have ended since it was listed. */
function send(pid: number, signal: NodeJS.Signals) {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
