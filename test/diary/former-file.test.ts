import { expect } from 'chai'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { migrations } from '../../src/diary/sqlite/migrations.ts'
import { createFileStore } from '../../src/diary/sqlite/store.ts'
import { useRealSockets } from '../support/real-sockets.ts'
import { manyEntries } from './entries.ts'

describe('a file of the diary that another release made', () => {
  useRealSockets()
  const folder = mkdtempSync(join(tmpdir(), 'diary-test-'))
  const path = join(folder, 'journal.sqlite.diary')
  beforeEach(() => [path, `${path}-wal`, `${path}-shm`].forEach((each) => rmSync(each, { force: true })))
  after(() => rmSync(folder, { recursive: true }))

  function make(version: number, more: string) {
    using file = new DatabaseSync(path)
    file.exec(`${migrations[0]}; ${more}; PRAGMA user_version = ${version}`)
  }

  async function writeTo() {
    const store = createFileStore(path, 16 * 1024 * 1024, () => expect.fail('it was deleted'))
    await store.write(manyEntries(3, 0))
    await store.close()
    using file = new DatabaseSync(path)
    const ask = (sql: string) => Object.values(file.prepare(sql).get() ?? {})[0]
    return {
      rows: ask('SELECT count(*) FROM entries'),
      version: ask('PRAGMA user_version'),
      byBill: ask("SELECT group_concat(name) FROM pragma_index_info('entries_by_bill')"),
    }
  }

  it('is given what it lacks', async () => {
    make(1, 'DROP INDEX entries_by_bill; CREATE INDEX entries_by_bill ON entries (venue_id, account, at)')
    expect(await writeTo()).to.deep.equal({ rows: 3, version: 2, byBill: 'account,venue_id,at' })
  })

  it('is used as it is if it has more', async () => {
    make(9, 'ALTER TABLE entries ADD COLUMN later TEXT')
    expect(await writeTo()).to.include({ rows: 3, version: 9 })
  })
})
