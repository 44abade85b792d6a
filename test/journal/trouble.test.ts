import { expect } from 'chai'
import { readdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { StorageUnavailable } from '../../src/journal/journal.ts'
import { openTestJournal, unreadMessage, type TestJournal } from '../support/test-journal.ts'

describe('a journal in trouble', () => {
  let test: TestJournal
  beforeEach(() => (test = openTestJournal()))
  afterEach(() => test.end())

  const letter = unreadMessage('x')
  const failureOf = async (work: Promise<unknown>): Promise<unknown> => {
    try {
      await work
      return undefined
    } catch (error) {
      return error
    }
  }

  it('says so while another process holds the file, and works again when it lets go', async () => {
    const other = new DatabaseSync(test.path)
    other.exec('BEGIN IMMEDIATE')
    const failures = await Promise.all([1, 2, 3].map(() => failureOf(test.journal.keepDeadLetter(letter))))
    for (const failure of failures) expect(failure).to.be.instanceOf(StorageUnavailable)
    expect(test.journal.trouble()).to.match(/locked/)
    other.exec('ROLLBACK')
    other.close()
    await test.journal.keepDeadLetter(letter)
    expect(test.journal.trouble()).to.equal(undefined)
  })

  it('moves a damaged file aside at the start, never deletes it, and says so loudly', async () => {
    await test.journal.keepDeadLetter(letter)
    await test.journal.close()
    writeFileSync(test.path, 'this is no database, whatever its name says'.repeat(100))
    await test.reopen()
    expect((await test.journal.stats()).deadLetters).to.equal(0)
    expect(readdirSync(dirname(test.path)).filter((name) => name.includes('.damaged-'))).to.have.length(1)
    expect(test.lines.join()).to.include('damaged')
  })

  it('does not open a file that a newer version has written', async () => {
    const newer = new DatabaseSync(test.path)
    newer.exec('PRAGMA user_version = 99')
    newer.close()
    expect(await failureOf(test.reopen())).to.be.instanceOf(StorageUnavailable)
  })
})
