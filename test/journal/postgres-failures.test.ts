import { expect } from 'chai'
import type { Journal } from '../../src/journal/journal.ts'
import { openOnPostgres } from '../support/both-databases.ts'
import { commit, startCuttingProxy, type CuttingProxy } from '../support/cutting-proxy.ts'
import { usePostgres } from '../support/postgres-for-tests.ts'
import { openImpatient } from '../support/impatient-journal.ts'
import { useRealSockets } from '../support/real-sockets.ts'
import type { TestJournal } from '../support/test-journal.ts'
import { worksThatStandAlone, worksThatWrite } from './works-that-write.ts'

const writing = /^(INSERT|UPDATE|DELETE)/

/** The COMMIT of a transaction that writes: one that only looks may come before it. */
class CommitOfWriting extends RegExp {
  #hasWritten = false

  constructor() {
    super(commit)
  }

  override test(sql: string) {
    this.#hasWritten ||= writing.test(sql)
    return this.#hasWritten && super.test(sql)
  }
}

/** Each cuts the connection, and resolves once it has. */
type Moments = Record<string, (proxy: CuttingProxy) => Promise<void>>

const momentsOfTransaction: Moments = {
  'before BEGIN': (proxy) => proxy.onNext(/^BEGIN/, 'before', 'cut'),
  'between BEGIN and COMMIT': (proxy) => proxy.onNext(writing, 'after', 'cut'),
  'in COMMIT': (proxy) => proxy.onNext(new CommitOfWriting(), 'in', 'cut'),
  'after COMMIT, whose answer is lost': (proxy) => proxy.onNext(new CommitOfWriting(), 'after', 'cut'),
}

/** One that commits by itself. */
const standsAlone = /^UPDATE .* now_ms\(\) BETWEEN /

const momentsOfStatement: Moments = {
  'before the statement': (proxy) => proxy.onNext(standsAlone, 'before', 'cut'),
  'in the statement': (proxy) => proxy.onNext(standsAlone, 'in', 'cut'),
  'after the statement, whose answer is lost': (proxy) => proxy.onNext(standsAlone, 'after', 'cut'),
}

const works = [
  ...Object.entries(worksThatWrite).map(([name, prepare]) => ({
    name,
    prepare,
    moments: momentsOfTransaction,
  })),
  ...Object.entries(worksThatStandAlone).map(([name, prepare]) => ({
    name,
    prepare,
    moments: momentsOfStatement,
  })),
]

describe('the journal on PostgreSQL, when a connection is cut,', () => {
  useRealSockets()
  const createDatabase = usePostgres()
  let test: TestJournal
  let proxy: CuttingProxy
  let broken: Journal

  before(async () => {
    const url = await createDatabase()
    test = await openOnPostgres(url)
    proxy = await startCuttingProxy(url)
    broken = await openImpatient(proxy.url, { clock: test.clock })
    // Creates the schema.
    await broken.stats()
  })
  after(async () => {
    await broken.close()
    proxy.stop()
    await test.end()
  })

  for (const { name, prepare, moments } of works)
    describe(`does ${name} once:`, () => {
      let expected: Awaited<ReturnType<typeof outcomeOf>>

      before(async () => {
        await clear(test)
        const act = await prepare(test)
        expected = await outcomeOf(test, act(test.journal))
      })
      beforeEach(() => clear(test))

      for (const [moment, cutAt] of Object.entries(moments))
        it(moment, async () => {
          const act = await prepare(test)
          // Learns what time it is.
          await broken.stats()
          const cut = cutAt(proxy)
          const outcome = await outcomeOf(test, act(broken))
          await cut
          expect(outcome).to.deep.equal(expected)
        })

      it('after the answer', async () => {
        const act = await prepare(test)
        const outcome = await outcomeOf(test, act(broken))
        proxy.cut()
        expect(outcome).to.deep.equal(expected)
        await broken.stats()
        expect((await rowsOf(test)).tables).to.deep.equal(expected.tables)
      })
    })
})

async function clear({ sql, clock, journal }: TestJournal) {
  clock.pass(Date.UTC(2026, 10, 23, 12) - clock.nowMs())
  await sql('TRUNCATE redemptions, redemption_aliases, tickets, dead_letters, venues')
  await journal.stats()
}

/** What the caller hears, and what is in the database then. */
async function outcomeOf(test: TestJournal, work: Promise<unknown>) {
  const answer = await work
  const { callIds, tables } = await rowsOf(test)
  const call = (answer as { redemption?: { call?: { id: string } } } | undefined)?.redemption?.call
  if (call) {
    expect(callIds).to.deep.equal([call.id])
    call.id = 'a call'
  }
  return { answer, calls: callIds.length, tables }
}

/** Without what differs each time: ids of calls, seals, and the numbers of tickets. */
async function rowsOf({ sql }: TestJournal) {
  const redemptions = await sql('SELECT * FROM redemptions ORDER BY id')
  const callIds = redemptions.flatMap(({ call_id: callId }) => callId ?? [])
  const others = [
    await sql('SELECT * FROM redemption_aliases'),
    await sql('SELECT * FROM tickets ORDER BY sequence'),
    await sql('SELECT * FROM dead_letters'),
    await sql('SELECT * FROM venues'),
  ]
  const tables = [redemptions, ...others].map((rows) =>
    rows.map((row) => ({ ...row, call_id: 0, sequence: 0, sealed: row.sealed && 'sealed' })),
  )
  return { callIds, tables }
}
