import { expect } from 'chai'
import { DatabaseSync } from 'node:sqlite'
import { allColumns } from '../../src/journal/redemption-columns.ts'
import { createRedemptionRows } from '../../src/journal/redemption-rows.ts'
import { createSeal } from '../../src/journal/seal.ts'
import { openDatabase } from '../../src/journal/sqlite/database.ts'
import { untilWritten } from '../../src/journal/until-written.ts'
import { createLogger } from '../../src/observability/logger.ts'
import { beginDebit } from '../../src/redemptions/begin.ts'
import { journalKeys, openTestJournal, type TestJournal } from '../support/test-journal.ts'
import { confirmed } from '../support/redemption.ts'
import { stuckDebit } from '../support/stuck-redemption.ts'

describe('a row that somebody else has changed since it was read', () => {
  let test: TestJournal
  beforeEach(async () => {
    test = await openTestJournal()
    await test.journal.close()
  })
  afterEach(() => test.end())

  it('is not written', () => {
    const db = openDatabase(test.path, createLogger('silent'))
    try {
      const rows = createRedemptionRows(db, createSeal(journalKeys))
      const { redemption, secret } = beginDebit(stuckDebit, {
        id: 'r-1',
        attempt: 1,
        nowMs: 1,
        abandonedAtMs: 2,
      })
      rows.add({ redemption, secret }, 1)
      const before = rows.find(redemption.id)!.redemption
      using other = new DatabaseSync(test.path)
      other.exec(`UPDATE redemptions SET state = 'stuck', revision = revision + 1`)
      expect(rows.apply(before, { kind: 'debit_outcome', outcome: confirmed() }, 3)).to.equal(undefined)
      const now = rows.find(redemption.id)!.redemption
      expect(now.state).to.equal('stuck')
      expect(rows.apply(now, { kind: 'retried_by_operator' }, 3)).to.include({
        state: 'in_doubt',
        revision: 3,
      })
      expect(rows.find(redemption.id)!.redemption).to.include({ state: 'in_doubt', revision: 3 })
    } finally {
      db.close()
    }
  })

  it('is read and asked about again, and not for ever', () => {
    let tries = 0
    expect(untilWritten(() => (++tries < 3 ? undefined : 'written'))).to.equal('written')
    expect(() => untilWritten(() => undefined)).to.throw(/changed by others/)
  })
})

describe('the columns of a redemption', () => {
  it('are all written when it begins', async () => {
    const test = await openTestJournal()
    try {
      using file = new DatabaseSync(test.path, { readOnly: true })
      const columns = file.prepare(`SELECT name FROM pragma_table_info('redemptions')`).all()
      expect(columns.map(({ name }) => name)).to.have.members(allColumns)
    } finally {
      await test.end()
    }
  })
})
