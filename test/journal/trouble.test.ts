import { sendNext, settleByOperator } from '../support/redemption.ts'
import { expect } from 'chai'
import { chmodSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { migrations } from '../../src/journal/sqlite/migrations.ts'
import { damage, damagePage, rootPages } from '../support/damage.ts'
import { stuckDebit } from '../support/stuck-redemption.ts'
import { openTestJournal, unreadMessage, type TestJournal } from '../support/test-journal.ts'
import { closedBill } from '../tickets/closed-bill.ts'

describe('a journal in trouble', () => {
  let test: TestJournal
  beforeEach(async () => (test = await openTestJournal()))
  afterEach(() => test.end())

  const unread = unreadMessage('x')
  const failureOf = async (work: Promise<unknown>): Promise<unknown> => {
    try {
      await work
      return undefined
    } catch (error) {
      return error
    }
  }

  it('says so while another process locks the file, and works again afterwards', async () => {
    const other = new DatabaseSync(test.path)
    other.exec('BEGIN IMMEDIATE')
    const failures = await Promise.all([1, 2, 3].map(() => failureOf(test.journal.keepDeadLetter(unread))))
    for (const failure of failures) expect(String(failure)).to.equal('StorageUnavailable: database is locked')
    expect(test.journal.trouble()).to.match(/locked/)
    other.exec('ROLLBACK')
    other.close()
    await test.journal.keepDeadLetter(unread)
    expect(test.journal.trouble()).to.equal(undefined)
  })

  it('moves a damaged file aside at the start, never deletes it, and logs an error', async () => {
    await test.journal.keepDeadLetter(unread)
    await test.journal.close()
    writeFileSync(test.path, 'this is no database, whatever its name says'.repeat(100))
    await test.reopen()
    expect((await test.journal.stats()).deadLetters).to.equal(0)
    expect(readdirSync(dirname(test.path)).filter((name) => name.includes('.damaged-'))).to.have.length(1)
    expect(test.lines.join()).to.include('damaged')
  })

  // Only a damaged first page was noticed at the start. With any other the service started, and each request that
  // needed it failed, until somebody looked into it.
  it('moves a file aside at the start if any page of it is damaged, and creates an empty one', async function () {
    this.timeout(60_000)
    const schema = { name: 'the schema', page: 1 }
    for (const { name, page } of [schema, ...rootPages(test.path)]) {
      const damaged = await openTestJournal()
      try {
        await damaged.journal.beginDebit(stuckDebit, sendNext)
        await damaged.journal.acceptTicket({
          ...closedBill(),
          fingerprint: 'of the bill',
          formerFingerprint: () => 'of the rule before',
        })
        await damaged.journal.keepDeadLetter(unread)
        await damaged.journal.close()
        damagePage(damaged.path, page)
        await damaged.open()
        const files = readdirSync(dirname(damaged.path))
        expect(
          files.filter((file) => /\.damaged-.+Z$/.test(file)),
          name,
        ).to.have.length(1)
        expect(damaged.lines.join(), name).to.include('the journal is damaged')
        expect(await damaged.journal.stats(), name).to.include({ deadLetters: 0, ticketsWaiting: 0 })
        const begun = await damaged.journal.beginDebit(stuckDebit, sendNext)
        expect(begun.do, name).to.equal('send')
        expect(damaged.journal.trouble(), name).to.equal(undefined)
      } finally {
        await damaged.end()
      }
    }
  })

  it('does not open a file that a newer version has written', async () => {
    const newer = new DatabaseSync(test.path)
    newer.exec('PRAGMA user_version = 99')
    newer.close()
    expect(String(await failureOf(test.reopen()))).to.equal(
      `StorageUnavailable: the journal's schema 99 is newer than this version knows (${migrations.length})`,
    )
  })

  it('says so while the file is read-only, even from the start, and works again once it is writable', async () => {
    await test.journal.keepDeadLetter(unread)
    await test.journal.close()
    chmodSync(test.path, 0o444)
    chmodSync(dirname(test.path), 0o777)
    await asOrdinaryUser(() => test.open())
    expect((await test.journal.stats()).deadLetters).to.equal(1)
    expect(String(await failureOf(test.journal.keepDeadLetter(unreadMessage('y'))))).to.equal(
      'StorageUnavailable: attempt to write a readonly database',
    )
    expect(test.journal.trouble()).to.match(/readonly/)

    chmodSync(test.path, 0o644)
    await test.journal.tidy()
    expect(test.journal.trouble()).to.equal(undefined)
    await test.journal.keepDeadLetter(unreadMessage('y'))
    expect((await test.journal.stats()).deadLetters).to.equal(2)
  })

  it('notices by itself that the trouble is over, with one log line when it begins and one when it ends', async () => {
    const other = new DatabaseSync(test.path)
    other.exec('BEGIN IMMEDIATE')
    for (let times = 0; times < 2; times++) await failureOf(test.journal.keepDeadLetter(unread))
    expect(String(await failureOf(test.journal.tidy()))).to.equal('StorageUnavailable: database is locked')
    other.exec('ROLLBACK')
    other.close()
    // A write without changes does not prove that the file can be written.
    await settleByOperator(test.journal, 'no-such-id', { as: 'taken', by: 'Dana', why: 'seen' })
    expect(test.journal.trouble()).to.match(/locked/)
    await test.journal.tidy()
    expect(test.journal.trouble()).to.equal(undefined)
    expect(test.lines.map((line) => (JSON.parse(line) as { kind: string }).kind)).to.deep.equal([
      'unwritable',
      'unwritable',
    ])
  })

  it('refuses everything once the file is found to be damaged while it runs, and logs that once', async () => {
    await test.journal.keepDeadLetter(unread)
    damage(test.path)
    for (let times = 0; times < 2; times++)
      expect(String(await failureOf(test.journal.waitingTickets(1)))).to.equal(
        'StorageUnavailable: database disk image is malformed',
      )
    expect(String(await failureOf(test.journal.keepDeadLetter(unreadMessage('y'))))).to.equal(
      'StorageUnavailable: database disk image is malformed',
    )
    expect(test.journal.trouble()).to.match(/malformed/)
    expect(test.lines).to.have.length(1)
  })
})

/** Root may write read-only files, so the process becomes another user while the file is opened. */
async function asOrdinaryUser(work: () => Promise<void>) {
  const isRoot = process.getuid?.() === 0
  if (isRoot) process.seteuid?.(65534)
  try {
    await work()
  } finally {
    if (isRoot) process.seteuid?.(0)
  }
}
