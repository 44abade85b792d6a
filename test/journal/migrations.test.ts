import { dueUndo } from '../support/redemption.ts'
import { rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { expect } from 'chai'
import { migrations } from '../../src/journal/sqlite/migrations.ts'
import { createSeal } from '../../src/journal/seal.ts'
import { journalKeys, openTestJournal, unreadMessage, type TestJournal } from '../support/test-journal.ts'
import { closedBill } from '../tickets/closed-bill.ts'

describe('a journal of an earlier version', () => {
  let test: TestJournal
  beforeEach(async () => {
    test = await openTestJournal()
    await test.journal.close()
    rmSync(test.path)
  })
  afterEach(() => test.end())

  for (const schema of migrations.keys().drop(1))
    it(`is migrated with all its contents: schema ${schema}`, async () => {
      writeJournal(test.path, schema, test.clock.nowMs())
      await test.open()

      expect((await test.journal.dueUndos(9)).map(({ id }) => id)).to.deep.equal([inDoubt])
      expect(await test.journal.beginUndo(dueUndo(inDoubt))).to.deep.include({ secret })
      const [waiting] = await test.journal.waitingTickets(9)
      expect(waiting).to.deep.include({ eventId: bill.eventId, closed: bill.closed })
      const [deadLetter] = await test.journal.deadLetters()
      expect(deadLetter).to.include({ id: deadLetterId, reason: 'closedAt is missing' })
      expect(await test.journal.lookUps.openDeadLetter(deadLetterId)).to.have.nested.property(
        'message.base64',
        btoa('{}'),
      )
      expect(await test.journal.stats()).to.include({ deadLetters: 1, ticketsWaiting: 1 })
    })

  it('is migrated to the end after a start that was interrupted', async () => {
    writeJournal(test.path, 1, test.clock.nowMs())
    using file = new DatabaseSync(test.path)
    // Makes a later migration fail, so that the start ends after those before it.
    file.exec('CREATE TABLE ticket_venues (anything)')
    const failure: unknown = await test.open().catch((error: unknown) => error)
    expect(failure).to.have.property('message').that.contains('ticket_venues')
    const { user_version: reached } = file.prepare('PRAGMA user_version').get() ?? {}
    expect(reached).to.be.above(1).and.below(migrations.length)

    file.exec('DROP TABLE ticket_venues')
    await test.open()
    expect(await test.journal.stats()).to.include({ deadLetters: 1, ticketsWaiting: 1 })
  })
})

const inDoubt = '78926089-2551-5bee-add2-f3c3f740500d'
const secret = { cardNumber: 'CROWN1001', apiKey: 'dummy-trifft-api-key' }
const bill = closedBill()
const deadLetterId = 'f'.repeat(64)

/** Writes what every schema can hold: a redemption in doubt, a waiting ticket, and a dead letter. */
function writeJournal(path: string, schema: number, nowMs: number) {
  const seal = createSeal(journalKeys)
  using file = new DatabaseSync(path)
  file.exec(`${migrations.slice(0, schema).join(';')}; PRAGMA user_version = ${schema}`)
  const insert = (table: string, row: Record<string, string | number | Uint8Array>) =>
    file
      .prepare(
        `INSERT INTO ${table} (${Object.keys(row).join()}) VALUES (${Object.keys(row)
          .map(() => '?')
          .join()})`,
      )
      .run(...Object.values(row))

  const sealed = (row: string, content: unknown) => {
    const { box, keyId } = seal.close(row, content)
    return { sealed: box, seal_key: keyId }
  }
  insert('redemptions', {
    id: inDoubt,
    key: 'T-1',
    attempt: 1,
    venue: 'venue-uuid',
    venue_id: '1902',
    card_hash: 'hash-of-card',
    card_masked: '*1001',
    account: '5001',
    kind: 'coupon',
    reward_id: 'uc-coffee',
    state: 'in_doubt',
    undo_by: 'doubt',
    undo_since: nowMs,
    ...sealed(`redemptions/${inDoubt}`, secret),
    created_at: nowMs,
    sent_at: nowMs,
    due_at: nowMs,
    changed_at: nowMs,
    key_until: nowMs + 86_400_000,
  })
  insert('tickets', {
    event_id: bill.eventId,
    fingerprint: 'of the bill',
    kafka_key: bill.kafkaKey,
    ...sealed(`tickets/${bill.eventId}`, bill.closed),
    taken_at: nowMs,
  })
  const { venue, tenant } = unreadMessage('')
  insert('dead_letters', {
    id: deadLetterId,
    kind: 'message',
    venue_id: '1902',
    reason: 'closedAt is missing',
    ...sealed(`dead_letters/${deadLetterId}`, { venue, tenant, contentType: 'application/json', text: '{}' }),
    created_at: nowMs,
  })
}
