import { testAct } from '../support/test-act.ts'
import type { TicketIntake } from '../../src/journal/stored-tickets.ts'
import type { UnreadMessage } from '../../src/model/words.ts'
import { expect } from 'chai'
import { rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { migrations } from '../../src/journal/sqlite/migrations.ts'
import { createSeal } from '../../src/journal/seal.ts'
import { journalKeys, openTestJournal, unreadMessage, type TestJournal } from '../support/test-journal.ts'
import { closedBill } from '../tickets/closed-bill.ts'
import { runCommand } from './run-here.ts'

const bill = { ticketId: 'B-1', closedAt: '2026-11-23T12:00:00Z', total: '12.30', cardNumber: 'CARD0001' }
const unread = { ...bill, closedAt: 'yesterday evening' }

describe('the command dead-letters', function () {
  // The first starts a process.
  this.timeout(30_000)
  let test: TestJournal
  beforeEach(async () => (test = await openTestJournal()))
  afterEach(() => test.end())

  const run = (...words: string[]) => runCommand('dead-letters', words, env())
  const env = () => ({ JOURNAL_PATH: test.path, VENUE_TIME_ZONES: '1902=Asia/Dubai' })
  const keep = async (body: object | string) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    await test.journal.keepDeadLetter(unreadMessage(text))
    const [deadLetter] = await test.journal.deadLetters()
    return deadLetter!.id
  }

  it('lists dead letters without their content', async () => {
    expect((await run('list')).stdout).to.equal('there are no dead letters\n')
    const id = await keep(unread)
    const { code, stdout, stderr } = await run('list')
    expect([code, stderr]).to.deep.equal([0, ''])
    expect(stdout).to.match(new RegExp(`^ID .*\n${id}  2026-\\S+ +1902 +message +total cannot be read\n$`))
    expect(stdout + (await run('list', '--json')).stdout).not.to.contain('CARD0001')
  })

  it('shows a message as it came, and warns that it may contain a card number', async () => {
    const id = await keep(unread)
    const { stdout, stderr } = await run('show', id)
    expect(stdout)
      .to.contain(JSON.stringify(unread))
      .and.match(/^reason +total cannot be read$/m)
    expect(stderr).to.match(/card number/)
    expect(JSON.parse((await run('show', id, '--json')).stdout).message.text).to.equal(JSON.stringify(unread))
  })

  it('finds a dead letter whose id is written in capitals', async () => {
    const id = await keep(unread)
    const { message: _, ...shown } = JSON.parse((await run('show', id.toUpperCase(), '--json')).stdout)
    expect(shown).to.include({ id })
  })

  it('sends a message that can now be read, and it is accepted like any ticket', async () => {
    const id = await keep(bill)
    const { code, stdout } = await run('send', id)
    expect([code, stdout]).to.deep.equal([0, 'ticket B-1 is accepted, like a new one\n'])
    const [waiting] = await test.journal.waitingTickets(10)
    expect(waiting?.closed).to.include({ venueId: '1902', tenant: '0123456789abcdef' })
    expect(waiting?.closed.ticket).to.include({ ticketId: 'B-1', totalMinor: 1230, cardNumber: 'CARD0001' })
    expect(await test.journal.deadLetters()).to.deep.equal([])
  })

  it("reads a message in its venue's time zone, as the service does", async () => {
    const sent = await run('send', await keep({ ...bill, closedAt: '2026-11-23T12:00:00' }))
    expect(sent).to.include({ code: 0, stderr: '' })
    const [waiting] = await test.journal.waitingTickets(10)
    expect(waiting?.closed.ticket.closedAtMs).to.equal(Date.parse('2026-11-23T08:00:00Z'))
  })

  it('does not send a bill twice', async () => {
    await run('send', await keep(bill))
    const { stdout } = await run('send', await keep(bill))
    expect(stdout).to.equal('ticket B-1 was accepted before; the dead letter is deleted\n')
    expect(await test.journal.waitingTickets(10)).to.have.length(1)
    expect(await test.journal.deadLetters()).to.deep.equal([])
  })

  it('shows what was kept of a message that is not JSON: type, length, and content as text or base64', async () => {
    const show = async (message: Partial<UnreadMessage>) => {
      await test.journal.keepDeadLetter({ ...unreadMessage('{"total":1,50}'), ...message })
      const { id } = (await test.journal.deadLetters()).find(
        ({ keptAtMs }) => keptAtMs === test.clock.nowMs(),
      )!
      test.clock.pass(1000)
      return (await run('show', id)).stdout.replaceAll(/^(id|kind|venue|kept|reason) .*\n/gm, '')
    }
    expect(await show({})).to.equal('type    application/json\nlength  14 bytes\n\n{"total":1,50}\n')
    const utf16 = Buffer.from('<total>£5</total>', 'utf16le').toString('base64')
    expect(await show({ base64: utf16, contentType: 'text/json; charset=UTF-16' })).to.match(
      /\n<total>£5<\/total>\n$/,
    )
    const bell = Buffer.from('a bell\u0007 \u001b[2J and £5\ncoffee').toString('base64')
    expect(await show({ base64: bell, contentType: 'text/plain' })).to.equal(
      'type    text/plain\nlength  27 bytes\n\na bell\\u{7} \\u{1b}[2J and £5\ncoffee\n',
    )
    const bidi = Buffer.from('"\u202eeip","Pie\u2066\u200b"').toString('base64')
    expect(await show({ base64: bidi, contentType: 'text/\u2028plain' })).to.equal(
      'type    text/\\u{2028}plain\nlength  20 bytes\n\n"\\u{202e}eip","Pie\\u{2066}\\u{200b}"\n',
    )
    const zip = Buffer.from([0x50, 0x4b, 3, 4, 0, 0, 0xff]).toString('base64')
    expect(await show({ base64: zip, contentType: '', contentEncoding: 'zip' })).to.equal(
      `type      -\nencoding  zip\nlength    7 bytes\n\nbase64:\n${zip}\n`,
    )
    const cut = { totalBytes: 2_000_000, sha256: 'ab'.repeat(32) }
    expect(await show({ cut })).to.match(
      /^length +2000000 bytes, of which the first 14 are kept\nsha256 +(ab){32}$/m,
    )
  })

  // A bidirectional character in a bill reversed the rest of the operator's line.
  it('escapes control characters in a bill that Kafka has refused, as text and as JSON', async () => {
    const items = [{ name: 'Pie \u202e\u009b31m' }]
    const intake = closedBill({ eventId: 'e-1', ticket: { items } })
    await test.journal.acceptTicket({ ...intake, fingerprint: 'f', formerFingerprint: () => 'g' })
    await test.journal.moveToDeadLetters('e-1', 'too large \u202e')
    for (const words of [['show', 'e-1'], ['show', 'e-1', '--json'], ['list']]) {
      const { stdout } = await run(...words)
      expect(stdout).to.match(/^[\x20-\x7e\n]+$/)
      if (words.includes('--json')) expect(JSON.parse(stdout).ticket.closed.ticket.items).to.deep.equal(items)
    }
  })

  for (const [name, message, why] of [
    ['not JSON', {}, /the body is not a JSON object/],
    ['an unknown type', { contentType: 'text/xml' }, /"text\/xml" is not supported/],
    ['an unknown encoding', { contentEncoding: 'zip' }, /encoded as zip is not supported/],
    [
      'only its beginning was kept',
      { cut: { totalBytes: 2_000_000, sha256: 'ab' } },
      /only its beginning was kept/,
    ],
  ] as const)
    it(`says why a message cannot be read, and keeps it: ${name}`, async () => {
      await test.journal.keepDeadLetter({ ...unreadMessage('{"total":1,50}'), ...message })
      const [deadLetter] = await test.journal.deadLetters()
      const { code, stderr } = await run('send', deadLetter!.id)
      expect(code).to.equal(1)
      expect(stderr).to.match(why)
      expect(await test.journal.deadLetters()).to.have.length(1)
    })

  it('sends a message that was kept only because it was too large', async () => {
    const sent = await run('send', await keep({ ...bill, filler: 'x'.repeat(300_000) }))
    expect(sent).to.include({ code: 0, stderr: '' })
    expect(await test.journal.waitingTickets(10)).to.have.length(1)
  })

  /** Earlier versions kept messages as decoded text, in a table without the venue whose share they use. */
  it('lists, shows and sends dead letters that earlier versions kept as text', async () => {
    await test.journal.close()
    rmSync(test.path)
    const before = migrations.findIndex((migration) => migration.includes('dead_letter_venues'))
    const id = 'f'.repeat(64)
    const { venue, tenant } = unreadMessage('')
    const contentType = 'application/json; charset=utf-16'
    const text = JSON.stringify({ ...bill, staffId: '£ Žofia' })
    const { box, keyId } = createSeal(journalKeys).close(`dead_letters/${id}`, {
      venue,
      tenant,
      contentType,
      text,
    })
    using file = new DatabaseSync(test.path)
    file.exec(`${migrations.slice(0, before).join(';')}; PRAGMA user_version = ${before}`)
    file
      .prepare(`INSERT INTO dead_letters VALUES (?, 'message', '1902', 'closedAt is missing', ?, ?, ?)`)
      .run(id, box, keyId, test.clock.nowMs())
    await test.open()

    expect((await run('list')).stdout).to.match(new RegExp(`^${id} .*closedAt is missing$`, 'm'))
    expect((await run('show', id)).stdout).to.contain(text)
    await test.journal.keepDeadLetter(unreadMessage('{}'))
    expect((await run('send', id)).stdout).to.equal('ticket B-1 is accepted, like a new one\n')
    const [waiting] = await test.journal.waitingTickets(10)
    expect(waiting?.closed.ticket).to.include({ ticketId: 'B-1', staffId: '£ Žofia' })
    expect(await test.journal.stats()).to.include({ deadLetters: 1 })
  })

  it('keeps a message that still cannot be read, and says why', async () => {
    const withKeyTwice = JSON.stringify(bill).replace('{', '{"ticketId":"B-2",')
    for (const body of [unread, { ...bill, TicketID: 'B-2' }, withKeyTwice]) {
      const id = await keep(body)
      const { code, stderr } = await run('send', id)
      expect(code).to.equal(1)
      expect(stderr).to.match(/^it still cannot be read: (closedAt|ticketId) /)
      expect(await test.journal.lookUps.openDeadLetter(id)).to.include({ id, kind: 'message' })
      await test.journal.acts.dropDeadLetter(id, 'drop', testAct())
    }
  })

  it('puts a ticket that Kafka has refused back into the queue, behind all others', async () => {
    const intake = (eventId: string): TicketIntake => ({
      eventId,
      fingerprint: `of ${eventId}`,
      formerFingerprint: () => 'of the rule before',
      kafkaKey: 'hash-of-card',
      closed: closedBill().closed,
    })
    for (const id of ['e-1', 'e-2']) await test.journal.acceptTicket(intake(id))
    await test.journal.moveToDeadLetters('e-1', 'MESSAGE_TOO_LARGE')
    expect((await run('show', 'e-1')).stdout).to.match(/^reason +MESSAGE_TOO_LARGE$/m)
    expect((await run('send', 'e-1')).stdout).to.match(/waits for Kafka again/)
    const waiting = await test.journal.waitingTickets(10)
    expect(waiting.map(({ eventId }) => eventId)).to.deep.equal(['e-2', 'e-1'])
    expect(waiting[1]).to.deep.include({ kafkaKey: 'hash-of-card', closed: closedBill().closed })
    expect(await test.journal.acceptTicket(intake('e-1'))).to.include({ isDuplicate: true })
    expect(await test.journal.deadLetters()).to.deep.equal([])
  })

  it('lists and sends those of a venue, told how many first, oldest first', async () => {
    await keep(bill)
    test.clock.pass(60_000)
    await keep(unread)
    test.clock.pass(60_000)
    await keep({ ...bill, ticketId: 'B-3' })
    const ofOther = { ...unreadMessage(JSON.stringify({ ...bill, ticketId: 'B-4' })) }
    ofOther.venue = { ...ofOther.venue, id: '2001', coreId: 'other' }
    await test.journal.keepDeadLetter(ofOther)

    const list = async (...words: string[]) => JSON.parse((await run('list', ...words, '--json')).stdout)
    expect(await list('--venue', '1902')).to.have.length(3)
    expect(await list('--venue', '1902', '--since', '2026-11-23T12:00:30Z')).to.have.length(2)
    const told = await run('send', '--venue', '1902')
    expect(told.stdout).to.equal('3 dead letters of venue 1902. Add --yes to send them, oldest first.\n')
    expect(await test.journal.deadLetters()).to.have.length(4)

    const sent = await run('send', '--venue', '1902', '--yes')
    expect(sent.code).to.equal(1)
    expect(sent.stdout).to.match(
      /^\S+ {2}ticket B-1 is accepted, like a new one\n\S+ {2}it still cannot be read: .*\n\S+ {2}ticket B-3 is .*\n\n2 of 3 dead letters of venue 1902 are sent; the others are kept\n$/,
    )
    const waiting = await test.journal.waitingTickets(10)
    expect(waiting.map(({ closed }) => closed.ticket.ticketId)).to.deep.equal(['B-1', 'B-3'])
    expect(await test.journal.deadLetters()).to.have.length(2)
    expect((await run('--help')).stdout).to.match(/^Usage:\n  dead-letters list /)
  })

  it('says why a command fails', async () => {
    const unknown = await run('send', 'no-such-id')
    expect([unknown.code, unknown.stderr]).to.deep.equal([1, 'there is no dead letter no-such-id\n'])
    for (const words of [
      [],
      ['list', 'X'],
      ['send'],
      ['burn', 'X'],
      ['list', '--why', 'y'],
      ['show', 'X', '--yes'],
    ]) {
      const { code, stdout, stderr } = await run(...words)
      expect([code, stdout], words.join(' ')).to.deep.equal([64, ''])
      expect(stderr).to.match(/^Usage:$/m)
    }
  })
})
