import { expect } from 'chai'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDatabase, type Database } from '../../src/journal/sqlite/database.ts'
import { createLogger } from '../../src/observability/logger.ts'

describe('the connection to the file', () => {
  let folder: string
  let db: Database
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'database-test-'))
    db = openDatabase(join(folder, 'journal.sqlite'), createLogger('silent'))
  })
  afterEach(() => {
    db.close()
    rmSync(folder, { recursive: true })
  })

  const waitMs = () => Number(db.get('PRAGMA busy_timeout')?.timeout)

  // A checkpoint does not wait for locks. After one that failed nothing else did either: each write failed at once if
  // an operator's command was writing at that moment.
  it('still waits for locks after a checkpoint, even after one that failed', () => {
    const before = waitMs()
    expect(before).to.be.above(0)
    db.checkpoint()
    expect(waitMs(), 'after one that worked').to.equal(before)

    db.run('BEGIN IMMEDIATE')
    expect(() => db.checkpoint(), 'within a transaction').to.throw(/locked/)
    db.run('ROLLBACK')
    expect(waitMs(), 'after one that failed').to.equal(before)
  })
})
