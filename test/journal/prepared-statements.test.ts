import { expect } from 'chai'
import { createMigration } from '../../src/journal/postgres/migrate.ts'
import { createPool, type Pool } from '../../src/journal/postgres/pool.ts'
import { createServerWatch } from '../../src/journal/postgres/server-watch.ts'
import { createTransactions } from '../../src/journal/postgres/transactions.ts'
import { get } from '../../src/journal/work.ts'
import { createLogger } from '../../src/observability/logger.ts'
import { systemClock } from '../../src/time/clock.ts'
import { postgresAt } from '../support/journal-url.ts'
import { usePostgres } from '../support/postgres-for-tests.ts'
import { useRealSockets } from '../support/real-sockets.ts'
import { testMetrics } from '../support/test-journal.ts'

describe('prepared statements', () => {
  useRealSockets()
  const createDatabase = usePostgres()
  let lines: string[]
  let pool: Pool
  let transactions: ReturnType<typeof createTransactions>

  beforeEach(async () => {
    lines = []
    const log = createLogger('warn', { write: (line: string) => void lines.push(line) })
    const postgres = { ...postgresAt(await createDatabase()), poolSize: 1 }
    pool = createPool(postgres, log)
    transactions = createTransactions({
      ...{ pool, log, clock: systemClock, patienceMs: postgres.patienceMs },
      migrated: createMigration(pool, postgres.patienceMs).migrated,
      server: createServerWatch({
        ...{ pool, log, clock: systemClock },
        metrics: testMetrics,
        onChange() {},
      }),
      observe: () => undefined,
      observeConnection: () => undefined,
    })
  })
  afterEach(() => pool.end())

  const once = (sql: string) => transactions.once(sql, [])
  const prepared = () => once('SELECT count(*) AS count FROM pg_prepared_statements')

  it('are no longer used, with one log line, once a pooler has dropped one', async () => {
    const ask = () => transactions.transact(() => get('SELECT now() AS at'))
    await ask()
    expect(await prepared()).to.deep.equal([{ count: 1 }])
    await once('DEALLOCATE ALL')
    for (let times = 0; times < 2; times++) expect(await ask()).to.have.property('at')
    expect(await prepared()).to.deep.equal([{ count: 0 }])
    expect(lines)
      .to.have.length(1)
      .and.match(/pooler/)
  })

  // The server refuses such a statement from then on: "cached plan must not change result type".
  it('are prepared again once a later release has added a column', async () => {
    const ask = () => transactions.transact(() => get('SELECT * FROM things'))
    await once('CREATE TABLE things AS SELECT 1 AS first')
    expect(await ask()).to.deep.equal({ first: 1 })
    for (const column of ['second', 'third']) {
      await once(`ALTER TABLE things ADD COLUMN ${column} text`)
      expect(await ask()).to.include({ first: 1, [column]: null })
      const before = await prepared()
      await ask()
      expect(await prepared(), 'once').to.deep.equal(before)
    }
    expect(lines).to.deep.equal([])
  })
})
