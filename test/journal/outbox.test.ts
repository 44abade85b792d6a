import type { TicketIntake } from '../../src/journal/stored-tickets.ts'
import { expect } from 'chai'
import { formerTicketFingerprint, ticketFingerprint } from '../../src/model/keys.ts'
import type { Ticket } from '../../src/model/words.ts'
import { forEachSchema } from '../support/both-databases.ts'
import { openTestJournal, unreadMessage, type TestJournal } from '../support/test-journal.ts'

const bill: Ticket = {
  ticketId: 'B-77',
  kind: 'sale',
  closedAtMs: Date.UTC(2026, 10, 23, 12),
  businessDate: '2026-11-23',
  currency: 'GBP',
  totalMinor: 1250,
  cardNumber: 'CARD0001',
  items: [{ id: '10000000123', quantity: 2, totalMinor: 1250 }],
  discounts: [],
  payments: [],
  redemptions: [],
}
const intake = (eventId: string, ticket: Ticket = bill): TicketIntake => ({
  eventId,
  fingerprint: ticketFingerprint(ticket),
  formerFingerprint: () => 'of the rule before',
  kafkaKey: 'hash-of-card',
  closed: { venueId: '1902', tenant: '0123456789abcdef', traceparent: '00-…', ticket, coupons: ['uc-1'] },
})

forEachSchema((openTestJournal) => {
  describe('a ticket in the journal', () => {
    let test: TestJournal
    beforeEach(async () => (test = await openTestJournal()))
    afterEach(() => test.end())

    it('waits for Kafka in order of arrival, even after a restart', async () => {
      for (const id of ['e-1', 'e-2', 'e-3']) await test.journal.acceptTicket(intake(id))
      await test.reopen()
      const waiting = await test.journal.waitingTickets(2)
      expect(waiting.map(({ eventId }) => eventId)).to.deep.equal(['e-1', 'e-2'])
      expect(waiting[0]).to.deep.include({ kafkaKey: 'hash-of-card', closed: intake('e-1').closed })
    })

    it('no longer waits once it is published, and is still recognised', async () => {
      await test.journal.acceptTicket(intake('e-1'))
      await test.journal.markPublished(['e-1'])
      expect(await test.journal.waitingTickets(10)).to.deep.equal([])
      expect(await test.journal.acceptTicket(intake('e-1'))).to.deep.equal({
        isDuplicate: true,
        eventId: 'e-1',
      })
      expect(await test.journal.waitingTickets(10)).to.deep.equal([])
    })

    it('makes one more event if its bill was reopened and closed again', async () => {
      const reopened = { ...bill, totalMinor: 900 }
      const answers = []
      for (const ticket of [bill, reopened, reopened, bill])
        answers.push(await test.journal.acceptTicket(intake('e-1', ticket)))
      expect(answers.map(({ isDuplicate }) => isDuplicate)).to.deep.equal([false, false, true, true])
      const waiting = await test.journal.waitingTickets(10)
      expect(waiting.map(({ closed }) => closed.ticket.totalMinor)).to.deep.equal([1250, 900])
      expect(new Set(waiting.map(({ eventId }) => eventId)).size).to.equal(2)
    })

    // The fingerprint has changed: a bill accepted before an upgrade would have earned points once more.
    it('is recognised by its former fingerprint if an earlier version accepted it, reopened or not', async () => {
      const reopened = { ...bill, totalMinor: 900 }
      const before = (ticket: Ticket): TicketIntake => ({
        ...intake('e-1', ticket),
        fingerprint: formerTicketFingerprint(ticket),
      })
      const now = (ticket: Ticket): TicketIntake => ({
        ...intake('e-1', ticket),
        formerFingerprint: () => formerTicketFingerprint(ticket),
      })
      for (const ticket of [bill, reopened]) await test.journal.acceptTicket(before(ticket))
      const answers = []
      for (const ticket of [bill, reopened, { ...bill, totalMinor: 800 }])
        answers.push(await test.journal.acceptTicket(now(ticket)))
      expect(answers.map(({ isDuplicate }) => isDuplicate)).to.deep.equal([true, true, false])
    })

    it('is accepted once if it comes twice in one turn of the event loop', async () => {
      const twins = await Promise.all([
        test.journal.acceptTicket(intake('e-1')),
        test.journal.acceptTicket(intake('e-1')),
      ])
      expect(twins.map(({ isDuplicate }) => isDuplicate)).to.have.members([false, true])
    })

    it('becomes a dead letter if Kafka refuses it for good, out of the way of those behind it', async () => {
      for (const id of ['e-1', 'e-2']) await test.journal.acceptTicket(intake(id))
      await test.journal.moveToDeadLetters('e-1', 'too large')
      expect((await test.journal.waitingTickets(10)).map(({ eventId }) => eventId)).to.deep.equal(['e-2'])
      expect(await test.journal.stats()).to.include({ deadLetters: 1, ticketsWaiting: 1 })
    })

    // One bit had flipped, which SQLite does not notice: reading the tickets always failed, and none went to Kafka.
    it('is set aside if its seal is broken, with one log line, out of the way of those behind it', async () => {
      for (const id of ['e-1', 'e-2', 'e-3']) await test.journal.acceptTicket(intake(id))
      await test.sql(
        `UPDATE tickets SET sealed = (SELECT sealed FROM tickets WHERE event_id = 'e-2') WHERE event_id = 'e-1'`,
      )
      for (let times = 0; times < 2; times++)
        expect((await test.journal.waitingTickets(10)).map(({ eventId }) => eventId)).to.deep.equal([
          'e-2',
          'e-3',
        ])
      const lines = test.lines.map((line) => JSON.parse(line) as { level: string; eventIds?: string[] })
      const errors = lines.filter(({ level }) => level === 'error')
      expect(errors.map(({ eventIds }) => eventIds)).to.deep.equal([['e-1']])
      expect(await test.journal.stats()).to.include({ ticketsWaiting: 2, deadLetters: 0 })
      const left = await test.sql(`SELECT 1 FROM tickets WHERE event_id = 'e-1' AND sealed IS NOT NULL`)
      expect(left, 'is still there to be looked at').to.have.length(1)
    })

    it('is kept once per content if it could not be read', async () => {
      for (const text of ['{"ticketId":"B-1"}', '{"ticketId":"B-1"}', '{"ticketId":"B-2"}'])
        await test.journal.keepDeadLetter(unreadMessage(text))
      expect((await test.journal.stats()).deadLetters).to.equal(2)
    })

    it('is counted while it waits, with the time of the oldest', async () => {
      expect(await test.journal.stats()).to.include({ ticketsWaiting: 0, oldestTicketAtMs: undefined })
      const takenAtMs = test.clock.nowMs()
      await test.journal.acceptTicket(intake('e-1'))
      test.clock.pass(5000)
      await test.journal.acceptTicket(intake('e-2'))
      expect(await test.journal.stats()).to.include({ ticketsWaiting: 2, oldestTicketAtMs: takenAtMs })
    })
  })
})

// A bill of twenty lines kept a page of the file for 35 days: 231,000 of them filled the default room, and tickets were refused.
describe("a ticket in the journal's file", () => {
  let test: TestJournal
  beforeEach(async () => (test = await openTestJournal()))
  afterEach(() => test.end())

  it('gives its room back once it is in Kafka, and its venue has its share again', async () => {
    const items = Array.from({ length: 40 }, (_, index) => ({
      id: `line-${index}`,
      quantity: 1,
      totalMinor: 1,
    }))
    const ids = Array.from({ length: 200 }, (_, index) => `e-${index}`)
    const before = (await test.journal.stats()).bytes
    for (const id of ids)
      await test.journal.acceptTicket({ ...intake(id, { ...bill, items }), venue: 'venue-uuid' })
    const waiting = (await test.journal.stats()).bytes - before
    await test.journal.markPublished(ids)
    const left = (await test.journal.stats()).bytes - before
    expect(waiting / ids.length).to.be.above(3_000)
    expect(left / ids.length).to.be.below(600)
    expect(await test.sql('SELECT bytes FROM ticket_venues')).to.deep.equal([{ bytes: 0 }])
    expect((await test.journal.stats()).ticketsWaiting).to.equal(0)
    expect(await test.journal.acceptTicket(intake('e-7', { ...bill, items }))).to.include({
      isDuplicate: true,
    })
  })
})
