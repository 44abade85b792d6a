import { expect } from 'chai'
import { once } from 'node:events'
import pg from 'pg'
import { commit, startCuttingProxy, type CuttingProxy } from './cutting-proxy.ts'
import { usePostgres } from './postgres-for-tests.ts'
import { createMessageReader } from './postgres-messages.ts'
import { useRealSockets } from './real-sockets.ts'

const reset = /ECONNRESET/
const timedOut = /Query read timeout/

describe('the cutting proxy', () => {
  useRealSockets()
  const createDatabase = usePostgres()
  const clients: pg.Client[] = []
  let url: string
  let proxy: CuttingProxy
  let direct: pg.Client

  before(async () => {
    url = await createDatabase()
  })
  beforeEach(async () => {
    proxy = await startCuttingProxy(url)
    direct = await connect(url)
    await direct.query('DROP TABLE IF EXISTS child, rows; CREATE TABLE rows (id int PRIMARY KEY)')
    await direct.query('CREATE TABLE child (id int REFERENCES rows DEFERRABLE INITIALLY DEFERRED)')
  })
  afterEach(async () => {
    proxy.stop()
    await Promise.all(clients.splice(0).map((client) => client.end()))
  })

  async function connect(to = proxy.url, config: pg.ClientConfig = {}) {
    const client = new pg.Client({ connectionString: to, query_timeout: 10_000, ...config })
    client.on('error', () => undefined)
    await client.connect()
    clients.push(client)
    return client
  }

  /** If a transaction is writing the row, this waits for its end. */
  async function isWritten(): Promise<boolean> {
    const { rowCount } = await direct.query('INSERT INTO rows VALUES (1) ON CONFLICT DO NOTHING')
    return rowCount === 0
  }

  it('passes on queries, answers and errors', async () => {
    const client = await connect()
    const { rows } = await client.query('SELECT $1::text AS said, $2::int AS more', ['ünï', 2])
    expect(rows).to.deep.equal([{ said: 'ünï', more: 2 }])
    const { rows: many } = await client.query(
      "SELECT repeat('x', 1000000) AS long FROM generate_series(1, 3)",
    )
    expect(many.map(({ long }: { long: string }) => long.length)).to.deep.equal([1e6, 1e6, 1e6])
    expect((await failureOf(client.query('SELECT 1 / 0'))).message).to.equal('division by zero')
  })

  it('refuses TLS', async () => {
    const failure = await failureOf(connect(proxy.url, { ssl: true }))
    expect(failure.message).to.equal('The server does not support SSL connections')
  })

  it('cuts: a query fails, an idle client gets an error, and the server ends its session', async () => {
    const [busy, idle] = [await connect(), await connect()]
    await idle.query('BEGIN; INSERT INTO rows VALUES (1)')
    const failure = failureOf(busy.query('SELECT pg_sleep(60)'))
    const heard = once(idle, 'error')
    proxy.cut()
    expect((await failure).message).to.match(reset)
    expect(String(await heard)).to.match(reset)
    expect(await isWritten()).to.equal(false)
  })

  it('cuts only open connections: a pool then makes a new one', async () => {
    const pool = new pg.Pool({ connectionString: proxy.url, max: 1 })
    pool.on('error', () => undefined)
    const failure = failureOf(pool.query('SELECT pg_sleep(60)'))
    await once(pool, 'acquire')
    proxy.cut()
    expect((await failure).message).to.match(reset)
    expect((await pool.query('SELECT 1 AS one')).rows).to.deep.equal([{ one: 1 }])
    await pool.end()
  })

  it("swallows: a client's query and connect end only by its own limits", async () => {
    const client = await connect(proxy.url, { query_timeout: 100 })
    proxy.swallow()
    expect((await failureOf(client.query('SELECT 1'))).message).to.match(timedOut)
    const failure = await failureOf(connect(proxy.url, { connectionTimeoutMillis: 100 }))
    expect(failure.message).to.match(/timeout expired/)
    await proxy.heal()
    expect((await (await connect()).query('SELECT 1 AS one')).rows).to.deep.equal([{ one: 1 }])
  })

  it('swallows: the server does not notice that its client has gone, and keeps its locks', async () => {
    const client = await connect()
    await client.query('SELECT pg_advisory_lock(1)')
    proxy.swallow()
    await client.end()
    const tryLock = 'SELECT pg_try_advisory_lock(1) AS is_free'
    expect((await direct.query(tryLock)).rows).to.deep.equal([{ is_free: false }])
    await proxy.heal()
    await direct.query('SELECT pg_advisory_lock(1)')
  })

  it('delays every answer', async () => {
    const client = await connect()
    proxy.delay(150)
    const startedMs = performance.now()
    await client.query('SELECT 1')
    // A timer may be early by a part of a millisecond.
    expect(performance.now() - startedMs).to.be.at.least(149)
    await proxy.heal()
  })

  it('refuses new connections, until it is healed', async () => {
    const client = await connect()
    proxy.refuse()
    expect(await failureOf(connect())).to.have.property('code', 'ECONNREFUSED')
    await client.query('SELECT 1')
    await proxy.heal()
    await (await connect()).query('SELECT 1')
  })

  const outcomes = [
    { moment: 'before', isCommitted: false },
    { moment: 'in', isCommitted: true },
    { moment: 'after', isCommitted: true },
  ] as const
  const faults = [
    { fault: 'cut', error: reset, limit: {} },
    { fault: 'swallow', error: timedOut, limit: { query_timeout: 100 } },
  ] as const
  const ways = { 'a Query': { text: 'COMMIT' }, 'an Execute': { name: 'commit', text: 'COMMIT' } }

  for (const { moment, isCommitted } of outcomes)
    for (const { fault, error, limit } of faults)
      for (const [way, query] of Object.entries(ways))
        it(`${moment} a COMMIT by ${way}: ${fault}, and ${isCommitted ? 'it is' : 'nothing is'} committed`, async () => {
          const client = await connect()
          await client.query('BEGIN')
          await client.query('INSERT INTO rows VALUES (1)')
          const broken = proxy.onNext(commit, moment, fault)
          const failure = await failureOf(client.query({ ...query, ...limit }))
          await broken
          expect(failure.message).to.match(error)
          // Without this the session whose COMMIT was swallowed would stay in its transaction.
          await proxy.heal()
          expect(await isWritten()).to.equal(isCommitted)
        })

  it('after a COMMIT: not one that fails, nor one that only ends a failed transaction', async () => {
    const client = await connect()
    void proxy.onNext(commit, 'after', 'cut')
    await client.query('BEGIN; INSERT INTO child VALUES (1)')
    expect(await failureOf(client.query('COMMIT'))).to.have.property('code', '23503')

    await client.query('BEGIN')
    await failureOf(client.query('SELECT 1 / 0'))
    expect((await client.query('COMMIT')).command).to.equal('ROLLBACK')

    const failure = await failureOf(client.query('BEGIN; INSERT INTO rows VALUES (1); COMMIT'))
    expect(failure.message).to.match(reset)
    expect(await isWritten()).to.equal(true)
  })

  it('after any other statement: once, on whichever connection runs it', async () => {
    const [first, second] = [await connect(), await connect()]
    const broken = proxy.onNext(/^INSERT INTO rows/, 'after', 'cut')
    await first.query('SELECT 1')
    expect((await failureOf(second.query('INSERT INTO rows VALUES ($1)', [1]))).message).to.match(reset)
    await broken
    expect(await isWritten()).to.equal(true)
    await first.query('INSERT INTO rows VALUES (2)')
  })
})

describe('the reader of PostgreSQL messages', () => {
  it('puts together what arrives in pieces', () => {
    const startup = Buffer.from([0, 0, 0, 9, 0, 3, 0, 0, 0])
    const query = Buffer.from('Q\0\0\0\x0bCOMMIT\0', 'latin1')
    const stream = Buffer.concat([startup, query, query])
    const whole = createMessageReader('client')(stream)
    expect(whole.map(({ type }) => type)).to.deep.equal(['startup', 'Q', 'Q'])
    const read = createMessageReader('client')
    const inPieces = [...stream].flatMap((byte) => read(Buffer.from([byte])))
    expect(inPieces).to.deep.equal(whole)
  })
})

async function failureOf(work: Promise<unknown>): Promise<Error> {
  const failure = await work.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (failure instanceof Error) return failure
  throw new Error('it did not fail')
}
