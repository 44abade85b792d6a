import { expect } from 'chai'
import { DatabaseSync } from 'node:sqlite'
import { allColumns } from '../../src/journal/redemption-columns.ts'
import { createRedemptionRows } from '../../src/journal/redemption-rows.ts'
import { createSeal } from '../../src/journal/seal.ts'
import { openDatabase } from '../../src/journal/sqlite/database.ts'
import { untilWritten } from '../../src/journal/until-written.ts'
import { createLogger } from '../../src/observability/logger.ts'
import { beginDebit } from '../../src/redemptions/begin.ts'
import type { Redemption } from '../../src/redemptions/redemption.ts'
import type { RedemptionEvent } from '../../src/redemptions/transitions.ts'
import { journalKeys, openTestJournal, type TestJournal } from '../support/test-journal.ts'
import { confirmed } from '../support/redemption.ts'
import { stuckDebit } from '../support/stuck-redemption.ts'

describe('a row that was changed by others since it was read', () => {
  let test: TestJournal
  beforeEach(async () => {
    test = await openTestJournal()
    await test.journal.close()
  })
  afterEach(() => test.end())

  it('is not overwritten', () => {
    const db = openDatabase(test.path, createLogger('silent'))
    try {
      const rows = createRedemptionRows(createSeal(journalKeys))
      const { redemption, secret } = beginDebit(stuckDebit, {
        id: 'r-1',
        attempt: 1,
        nowMs: 1,
        call: { id: 'call-1', untilMs: 2 },
      })
      const find = () => db.do(rows.find(redemption.id))!.redemption
      const apply = (row: Redemption, event: RedemptionEvent) => db.do(rows.apply(row, event, 3))
      db.do(rows.add({ redemption, secret }, 1))
      const before = find()
      using other = new DatabaseSync(test.path)
      other.exec(`UPDATE redemptions SET state = 'stuck', revision = revision + 1`)
      expect(apply(before, { kind: 'debit_outcome', outcome: confirmed(), callId: 'call-1' })).to.equal(
        undefined,
      )
      const now = find()
      expect(now.state).to.equal('stuck')
      expect(apply(now, { kind: 'retried_by_operator' })).to.include({
        state: 'in_doubt',
        revision: 3,
      })
      expect(find()).to.include({ state: 'in_doubt', revision: 3 })
    } finally {
      db.close()
    }
  })

  it('is read and decided about again, a limited number of times', () => {
    let tries = 0
    const third = untilWritten(function* () {
      return ++tries < 3 ? undefined : 'written'
    })
    expect(third.next()).to.deep.equal({ done: true, value: 'written' })
    expect(() => untilWritten(function* () {}).next()).to.throw(/changed by others/)
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
