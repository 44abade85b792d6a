import { spawnSync } from 'node:child_process'
import { expect } from 'chai'
import { runCommand } from '../commands/run-command.ts'
import { migrations } from '../../src/journal/postgres/migrations.ts'
import { openReplica } from '../support/both-databases.ts'
import { readContents } from '../support/database-contents.ts'
import { journalEnv } from '../support/journal-url.ts'
import { couponDebit, sendNext } from '../support/redemption.ts'
import { refusedInTime } from '../support/refused-in-time.ts'
import { contractedMigrations, migrateTo, nextMigrations, useMigrated } from '../support/schemas.ts'

const main = new URL('../../src/main.ts', import.meta.url).pathname

describe('a PostgreSQL journal that the next release has migrated', () => {
  const makeDatabase = useMigrated(nextMigrations)

  it('is used by this release, and its schema is left as it is', async () => {
    const url = await makeDatabase()
    const { schema_versions: versions } = await readContents(url)
    const journal = await openReplica(url)
    expect(await journal.beginDebit(couponDebit, sendNext)).to.have.property('do', 'send')
    await journal.close()
    expect((await readContents(url)).schema_versions).to.deep.equal(versions)
    expect(versions).to.have.nested.property('[0].schema_version', nextMigrations.length)
  })
})

const tooNew = `the journal's database cannot be used: its schema ${contractedMigrations.length} needs a release that knows schema ${nextMigrations.length}; this one knows ${migrations.length}`

describe('a PostgreSQL journal that a release has migrated beyond what this one can use', () => {
  const makeDatabase = useMigrated(contractedMigrations)
  let url: string
  let before: Awaited<ReturnType<typeof readContents>>
  beforeEach(async () => {
    url = await makeDatabase()
    before = await readContents(url)
  })
  afterEach(async () => expect(await readContents(url), 'is left as it was').to.deep.equal(before))

  // A pod that starts and is ready would replace one of the later release, which can use it.
  it('ends the start of the service with 1, and says which release is needed', () => {
    const { status, stderr } = spawnSync(process.execPath, [main], {
      env: {
        PATH: process.env.PATH,
        ...{ HOST: '127.0.0.1', PORT: '0', MANAGEMENT_PORT: '0' },
        ...journalEnv(url),
      },
      encoding: 'utf8',
    })
    expect(stderr).to.equal(`StorageUnavailable: ${tooNew}\n`)
    expect(status).to.equal(1)
  })

  it('is refused by the commands of operators', async () => {
    const { code, stderr } = await runCommand('dead-letters', ['list'], journalEnv(url))
    expect({ code, stderr }).to.deep.equal({ code: 1, stderr: `${tooNew}\n` })
  })
})

describe('a PostgreSQL journal that is migrated beyond what this release can use while it is used', () => {
  const makeDatabase = useMigrated(nextMigrations)

  // Its statements would fail one by one, or do what the later release does not expect.
  it('is refused as a whole once that is noticed, and says which release is needed', async () => {
    const url = await makeDatabase()
    const journal = await openReplica(url)
    await migrateTo(url, contractedMigrations)
    await journal.tidy().catch(() => undefined)
    expect(journal.trouble()).to.equal(tooNew)
    expect(await refusedInTime(journal.beginDebit(couponDebit, sendNext))).to.have.property('message', tooNew)
    await journal.close()
  })
})
