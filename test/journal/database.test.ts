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

  // A checkpoint does not wait for locks. One that failed left it at that: each later write that met an operator's
  // command failed at once.
  it('still waits for others after a checkpoint, also after one that failed', () => {
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
