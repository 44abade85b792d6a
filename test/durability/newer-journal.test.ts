import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect } from 'chai'
import { migrations } from '../../src/journal/sqlite/migrations.ts'
import { runCommand } from '../commands/run-command.ts'
import { makeJournal } from '../support/read-journal.ts'
import { unreadMessage } from '../support/test-journal.ts'

const main = new URL('../../src/main.ts', import.meta.url).pathname

describe('a journal of a newer version', () => {
  let folder: string
  let path: string
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'newer-journal-'))
    path = join(folder, 'journal.sqlite')
    await makeJournal({ journalPath: path }, (journal) => journal.keepDeadLetter(unreadMessage('text')))
    using file = new DatabaseSync(path)
    file.exec(`PRAGMA user_version = ${migrations.length + 1}`)
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  it('ends the start with 1 and a line with both schema numbers, and is left unchanged', () => {
    const before = readFileSync(path)
    const { status, stderr } = spawnSync(process.execPath, [main], {
      env: {
        PATH: process.env.PATH,
        HOST: '127.0.0.1',
        PORT: '0',
        MANAGEMENT_PORT: '0',
        JOURNAL_PATH: path,
      },
      encoding: 'utf8',
    })
    expect(status).to.equal(1)
    expect(stderr).to.equal(
      `StorageUnavailable: the journal's schema ${migrations.length + 1} is newer than this version knows (${migrations.length})\n`,
    )
    expect(readFileSync(path).equals(before)).to.equal(true)
  })

  it("is not touched by operators' commands either", async () => {
    const before = readFileSync(path)
    const { code, stderr } = await runCommand('dead-letters', ['list'], { JOURNAL_PATH: path })
    expect(code).to.equal(1)
    expect(stderr).to.contain('use the command of the running service')
    expect(readFileSync(path).equals(before)).to.equal(true)
  })
})
