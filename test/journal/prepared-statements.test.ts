import { expect } from 'chai'
import { createPool } from '../../src/journal/postgres/pool.ts'
import { createTransactions } from '../../src/journal/postgres/transactions.ts'
import { get } from '../../src/journal/work.ts'
import { createLogger } from '../../src/observability/logger.ts'
import { systemClock } from '../../src/time/clock.ts'
import { postgresAt } from '../support/journal-url.ts'
import { usePostgres } from '../support/postgres-for-tests.ts'
import { useRealSockets } from '../support/real-sockets.ts'

describe('prepared statements', () => {
  useRealSockets()
  const createDatabase = usePostgres()

  it('are done without, once a pooler has given the connection to somebody else', async () => {
    const lines: string[] = []
    const log = createLogger('warn', { write: (line: string) => void lines.push(line) })
    const postgres = { ...postgresAt(await createDatabase()), poolSize: 1 }
    const pool = createPool(postgres, log)
    const { transact, once } = createTransactions({
      ...{ pool, log, clock: systemClock, patienceMs: postgres.patienceMs },
      migrated: async () => undefined,
      observe: () => undefined,
    })
    const prepared = () => once('SELECT count(*) AS count FROM pg_prepared_statements', [])
    const ask = () => transact(() => get('SELECT now() AS at'))
    try {
      await once(`CREATE FUNCTION now_ms() RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint'`, [])
      await ask()
      expect(await prepared()).to.deep.equal([{ count: 1 }])
      await once('DEALLOCATE ALL', [])
      for (let times = 0; times < 2; times++) expect(await ask()).to.have.property('at')
      expect(await prepared()).to.deep.equal([{ count: 0 }])
      expect(lines)
        .to.have.length(1)
        .and.match(/pooler/)
    } finally {
      await pool.end()
    }
  })
})
