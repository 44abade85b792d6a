import { expect } from 'chai'
import { openOnPostgres } from '../support/both-databases.ts'
import { usePostgres } from '../support/postgres-for-tests.ts'
import type { TestJournal } from '../support/test-journal.ts'

describe('tables that PostgreSQL has not looked at yet', () => {
  const makeDatabase = usePostgres()
  let test: TestJournal
  beforeEach(async () => {
    test = await openOnPostgres(await makeDatabase())
    // Else it may come first.
    await test.sql('ALTER TABLE venues SET (autovacuum_enabled = off)')
  })
  afterEach(() => test.end())

  const known = async () =>
    Number((await test.sql(`SELECT reltuples FROM pg_class WHERE relname = 'venues'`))[0]?.reltuples)

  /** @returns once its statistics, which a session sends now and then, have that many rows */
  async function addVenues(from: number, to: number) {
    await test.sql(
      `INSERT INTO venues SELECT 'venue-' || n, 'hash', 'core-id', 'GBP', 0 FROM generate_series(${from}, ${to}) n`,
    )
    await test.sql('SELECT pg_stat_force_next_flush()')
    const look = `SELECT n_live_tup FROM pg_stat_user_tables WHERE relname = 'venues'`
    while (Number((await test.sql(look))[0]?.n_live_tup) < to);
  }

  it('are looked at by the housekeeping once they have rows, and again once they have grown tenfold', async () => {
    expect(await known()).to.equal(-1)
    await addVenues(1, 500)
    await test.journal.tidy()
    expect(await known()).to.equal(500)
    await addVenues(501, 4_000)
    await test.journal.tidy()
    expect(await known(), 'not yet').to.equal(500)
    await addVenues(4_001, 6_000)
    await test.journal.tidy()
    expect(await known()).to.equal(6_000)
  })
})
