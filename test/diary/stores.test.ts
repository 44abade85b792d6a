import { expect } from 'chai'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createDatabaseStore } from '../../src/diary/postgres/store.ts'
import { createFileStore } from '../../src/diary/sqlite/store.ts'
import type { DiaryStore } from '../../src/diary/store.ts'
import { createDatabaseReader } from '../../src/journal/postgres/reader.ts'
import type { Reader } from '../../src/journal/reader.ts'
import { createFileReader } from '../../src/journal/sqlite/reader.ts'
import { all } from '../../src/journal/work.ts'
import { createLogger } from '../../src/observability/logger.ts'
import { askDatabase } from '../support/database-contents.ts'
import { postgresAt } from '../support/journal-url.ts'
import { usePostgres } from '../support/postgres-for-tests.ts'
import { useRealSockets } from '../support/real-sockets.ts'
import { createTestParts } from '../support/test-journal.ts'
import { manyEntries } from './entries.ts'

const dayMs = 24 * 60 * 60 * 1000
const maxBytes = 16 * 1024 * 1024
const log = createLogger('silent')

type Opened = {
  store: DiaryStore
  reader: () => Reader
  /** What the disk has of it. */
  bytes: () => Promise<number>
  clock: ReturnType<typeof createTestParts>['clock']
}

const makeDatabase = usePostgres()

for (const [name, open] of [
  ['in a file', openInFile],
  ['in PostgreSQL', openInDatabase],
] as const)
  describe(`the room of the diary ${name}`, function () {
    this.timeout(60_000)
    useRealSockets()
    let opened: Opened
    let clear: () => void
    beforeEach(async () => ({ opened, clear } = await open()))
    afterEach(async () => {
      await opened.store.close()
      clear()
    })

    const read = async () => {
      const reader = opened.reader()
      try {
        const rows = await reader.read(() => all('SELECT at FROM entries ORDER BY at'))
        return rows.map(({ at }) => Number(at))
      } finally {
        await reader.close()
      }
    }
    const tidy = async (beforeMs = 0) => {
      while (!(await opened.store.tidy(beforeMs)).isTidy);
    }

    it('is never more than DIARY_MAX_BYTES, and the oldest rows go first', async () => {
      const { store, clock } = opened
      const firstMs = clock.nowMs()
      let written = 0
      for (let most = 0, batches = 0; batches < 80; batches++) {
        await store.write(manyEntries(500, clock.nowMs()))
        written += 500
        clock.pass(60_000)
        await tidy()
        most = Math.max(most, await opened.bytes())
        expect(most).to.be.at.most(maxBytes)
      }
      const kept = await read()
      expect(kept).to.have.length.within(5_000, written - 500)
      expect(kept[0]).to.be.above(firstMs)
      expect(clock.nowMs() - kept.at(-1)!).to.equal(60_000)
      // Nothing is missing between the oldest and the newest.
      expect(new Set(kept).size).to.equal((kept.at(-1)! - kept[0]!) / 60_000 + 1)
    })

    it('is given back by rows that are too old', async () => {
      const { store, clock } = opened
      await tidy()
      for (let days = 0; days < 4; days++) {
        await store.write(manyEntries(10, clock.nowMs()))
        clock.pass(dayMs)
        await tidy()
      }
      const nowMs = clock.nowMs()
      await tidy(nowMs - 2.5 * dayMs)
      const ages = new Set((await read()).map((atMs) => (nowMs - atMs) / dayMs))
      // In PostgreSQL rows go by the day.
      ages.delete(3)
      expect([...ages].toSorted()).to.deep.equal([1, 2])
    })
  })

describe('the diary of several replicas', () => {
  useRealSockets()

  it('has one schema, whoever is first, and the rows of all', async () => {
    const postgres = postgresAt(await makeDatabase())
    const { clock } = createTestParts()
    const stores = [1, 2, 3].map(() => createDatabaseStore(postgres, maxBytes, { clock, log }))
    await Promise.all(stores.map((store) => store.write(manyEntries(5, clock.nowMs()))))
    const reader = createDatabaseReader(postgres, log, { schema: 'diary', table: 'entries' })
    const rows = await reader.read(() => all('SELECT at FROM entries'))
    await Promise.all([...stores, reader].map((each) => each.close()))
    expect(rows).to.have.length(15)
  })

  // The second found a table that was not there when it looked, and its rows were dropped.
  it('has one file if a service and a command make it at the same moment', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'diary-test-'))
    const path = join(folder, 'journal.sqlite.diary')
    const stores = Array.from({ length: 6 }, () => createFileStore(path, maxBytes, () => undefined))
    try {
      await Promise.all(stores.map((store) => store.write(manyEntries(5, 0))))
      const reader = createFileReader(path, 'entries')!
      expect(await reader.read(() => all('SELECT at FROM entries'))).to.have.length(30)
      await reader.close()
    } finally {
      await Promise.all(stores.map((store) => store.close()))
      rmSync(folder, { recursive: true })
    }
  })

  it('cannot be used with a role that may not make its schema, and says so', async () => {
    const url = await makeDatabase()
    await askDatabase(url, `REVOKE CREATE ON DATABASE ${new URL(url).pathname.slice(1)} FROM PUBLIC`)
    await askDatabase(url, `DROP ROLE IF EXISTS reads_only; CREATE ROLE reads_only LOGIN PASSWORD 'x'`)
    const asOther = new URL(url)
    Object.assign(asOther, { username: 'reads_only', password: 'x' })
    const store = createDatabaseStore(postgresAt(asOther.href), maxBytes, { ...createTestParts(), log })
    const failure = await store.write(manyEntries(1, 0)).catch((error: Error) => error.message)
    await store.close()
    expect(failure).to.match(/permission denied for database/)
  })
})

async function openInFile() {
  const folder = mkdtempSync(join(tmpdir(), 'diary-test-'))
  const path = join(folder, 'journal.sqlite.diary')
  const { clock } = createTestParts()
  const opened: Opened = {
    store: createFileStore(path, maxBytes, () => undefined),
    reader: () => createFileReader(path, 'entries')!,
    bytes: async () =>
      ['', '-wal'].reduce(
        (sum, end) => sum + (statSync(path + end, { throwIfNoEntry: false })?.size ?? 0),
        0,
      ),
    clock,
  }
  return { opened, clear: () => rmSync(folder, { recursive: true }) }
}

async function openInDatabase() {
  const url = await makeDatabase()
  const postgres = postgresAt(url)
  const { clock } = createTestParts()
  const opened: Opened = {
    store: createDatabaseStore(postgres, maxBytes, { clock, log }),
    reader: () => createDatabaseReader(postgres, log, { schema: 'diary', table: 'entries' }),
    async bytes() {
      const [row] = await askDatabase(
        url,
        `SELECT coalesce(sum(pg_total_relation_size(inhrelid)), 0) AS bytes FROM pg_inherits
         WHERE inhparent = to_regclass('diary.entries')`,
      )
      return Number(row?.bytes)
    },
    clock,
  }
  return { opened, clear: () => undefined }
}
