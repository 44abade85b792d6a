import { testAct } from '../support/test-act.ts'
import type { TicketIntake } from '../../src/journal/stored-tickets.ts'
import type { CreditIntent } from '../../src/redemptions/redemption.ts'
import { StorageUnavailable } from '../../src/model/refusal.ts'
import { expect } from 'chai'
import { DatabaseSync } from 'node:sqlite'
import { getStuck, stuckDebit } from '../support/stuck-redemption.ts'
import { openTestJournal, unreadMessage, type TestJournal } from '../support/test-journal.ts'
import { toCredentials } from '../../src/model/keys.ts'
import { closedBill } from '../tickets/closed-bill.ts'
import {
  confirmed as takenByCore,
  dueUndo,
  sendNext,
  settleByOperator,
  settleDebit,
  settleUndo,
} from '../support/redemption.ts'

const credit: CreditIntent = {
  ...stuckDebit,
  creditKey: 'C-1',
  redemptionId: undefined,
  debitKey: 'T-1',
  account: undefined,
  what: undefined,
}

describe('the limits of the journal', () => {
  let test: TestJournal
  afterEach(() => test.end())

  /** @returns why it was refused; undefined if it was not */
  const refusalOf = async (work: Promise<unknown>): Promise<string | undefined> => {
    try {
      await work
      return undefined
    } catch (error) {
      if (error instanceof StorageUnavailable) return error.message
      throw error
    }
  }
  let count = 0
  /** A bill of 50 KB. */
  const intake = (): TicketIntake => ({
    eventId: `e-${++count}`,
    fingerprint: 'f',
    formerFingerprint: () => 'of the rule before',
    kafkaKey: 'k',
    closed: closedBill({ coupons: Array.from({ length: 50 }, (_, index) => `${index}${'x'.repeat(1000)}`) })
      .closed,
  })
  /** A message of 27 KB, each from another venue unless `venue` is given. */
  const unread = (venue = `venue ${count}`) => unreadMessage(`${++count} ${'x'.repeat(20_000)}`, venue)
  const begin = (key: string) => test.journal.beginDebit({ ...stuckDebit, key }, sendNext)
  const beginCredit = () =>
    test.journal.beginCredit(credit, () => ({ do: 'refuse', code: 'NOTHING_TO_GIVE_BACK' }))
  /** Accepts tickets until one is refused. */
  const fillWithTickets = async (): Promise<TicketIntake[]> => {
    const accepted: TicketIntake[] = []
    for (let ticket = intake(); !(await refusalOf(test.journal.acceptTicket(ticket))); ticket = intake())
      accepted.push(ticket)
    return accepted
  }
  /** Begins debits until one is refused. */
  const fillWithDebits = async (): Promise<string[]> => {
    const ids: string[] = []
    while (true) {
      const batch = Array.from({ length: 50 }, () => begin(`T-${++count} ${'x'.repeat(500)}`))
      for (const begun of await Promise.allSettled(batch)) {
        if (begun.status === 'rejected') return ids
        if (begun.value.do === 'send') ids.push(begun.value.redemption.id)
      }
    }
  }
  const linesOf = (kind: string) =>
    test.lines
      .map((line) => JSON.parse(line) as { level: string; kind?: string; msg: string })
      .filter((line) => line.kind === kind)
      .map(({ level, msg }) => `${level}: ${msg}`)

  it('leave the last tenth to redemptions', async () => {
    test = await openTestJournal({ maxBytes: 1024 ** 2 })
    await fillWithTickets()
    expect(await refusalOf(test.journal.keepDeadLetter(unread()))).to.match(
      /^the journal has no room for tickets: /,
    )
    expect(await refusalOf(begin('T-1'))).to.equal(undefined)
    expect(await refusalOf(beginCredit())).to.equal(undefined)
    const { bytes } = await test.journal.stats()
    expect(bytes / 1024 ** 2).to.be.within(0.9, 0.97)
    expect(test.journal.trouble()).to.match(/^the journal has no room for tickets: 0\.9 of 0\.9 MiB$/)
  })

  it('refuse new work when the journal is full, but let what is under way be settled', async () => {
    test = await openTestJournal({ maxBytes: 1024 ** 2 })
    const stuckId = await getStuck(test.journal, test.clock.pass)
    const tickets = [intake(), intake()]
    for (const ticket of tickets) await test.journal.acceptTicket(ticket)
    const ids = await fillWithDebits()
    const [confirmed, unknown] = ids as [string, string]
    expect(test.journal.trouble()).to.match(/^the journal is full: 1\.\d of 1\.0 MiB$/)
    for (const work of [begin('T-1'), beginCredit(), test.journal.acceptTicket(intake())])
      expect(await refusalOf(work)).to.match(/^the journal is full: /)

    const stands = await settleDebit(test.journal, confirmed, takenByCore({ pointsLeft: 5 }))
    expect(stands).to.deep.equal({ stands: true })
    await test.journal.markAnswered(confirmed)
    await settleDebit(test.journal, unknown, { kind: 'unknown' })
    test.clock.pass(300_000)
    expect(await test.journal.beginUndo(dueUndo(unknown))).not.to.equal(undefined)
    await settleUndo(test.journal, unknown, { kind: 'given_back', moved: {} })
    expect((await test.journal.findRedemption(unknown))?.state).to.equal('reversed')
    await test.journal.markPublished([tickets[0]!.eventId])
    await test.journal.moveToDeadLetters(tickets[1]!.eventId, 'MESSAGE_TOO_LARGE')
    await settleByOperator(test.journal, stuckId, { as: 'taken', by: 'Dana', why: 'seen' })
    expect(await test.journal.stats()).to.include({ ticketsWaiting: 0, deadLetters: 1 })
  })

  it('are lifted by themselves once there is room, with one log line for each change', async () => {
    test = await openTestJournal({ maxBytes: 1024 ** 2 })
    const tickets = await fillWithTickets()
    await fillWithDebits()
    for (let times = 0; times < 3; times++)
      expect(await refusalOf(begin('T-1'))).to.match(/^the journal is full: /)
    // A published ticket needs little more than its row.
    await test.journal.markPublished(tickets.map(({ eventId }) => eventId))
    await test.journal.tidy()
    expect(test.journal.trouble()).to.equal(undefined)
    expect(await refusalOf(begin('T-1'))).to.equal(undefined)
    for (const kind of ['full', 'nearly_full'])
      expect(linesOf(kind), kind).to.deep.equal([
        'error: trouble with the journal',
        'info: the trouble with the journal is over',
      ])
  })

  /** Story: while Kafka was down, one busy venue used up the room, and the tickets of all others were refused. */
  describe('while Kafka is down', () => {
    const fill = async (venue: string) => {
      let kept = 0
      while (!(await refusalOf(test.journal.acceptTicket({ ...intake(), venue })))) kept++
      return kept
    }
    const approve = async (venues: number) => {
      for (let venue = 1; venue <= venues; venue++)
        await test.journal.keepApproval(toCredentials(String(venue), 'key-of-the-project'), {
          venue: { id: String(venue), coreId: `venue-${venue}`, currency: 'GBP' },
          approvedAtMs: test.clock.nowMs(),
        })
    }

    it('limit a venue to its share of the room for tickets once half of it is used, and still recognise its repeats', async () => {
      test = await openTestJournal({ maxBytes: 8 * 1024 ** 2 })
      await approve(20)
      const first = { ...intake(), venue: 'venue-1' }
      await test.journal.acceptTicket(first)
      const ofFirst = await fill('venue-1')
      const ofOthers = [await fill('venue-2'), await fill('venue-3')]
      expect(ofFirst, 'half of the room').to.be.greaterThan(4 * ofOthers[0]!)
      expect(ofOthers[0], 'a tenth').to.be.within(ofOthers[1]! - 1, ofOthers[1]! + 1)
      expect(await test.journal.acceptTicket(first)).to.include({ isDuplicate: true })
      expect(linesOf('nearly_full'), 'no other venue is affected').to.deep.equal([])

      const waiting = await test.journal.waitingTickets(1_000)
      await test.journal.markPublished(waiting.map(({ eventId }) => eventId))
      await test.journal.tidy()
      expect(await fill('venue-1'), 'all is free again').to.be.within(ofFirst - 5, ofFirst + 5)
    })

    it('leave all the room to a venue that is alone', async () => {
      test = await openTestJournal({ maxBytes: 8 * 1024 ** 2 })
      await approve(1)
      await fill('venue-1')
      expect(linesOf('nearly_full')).to.have.length(1)
    })

    it('refuse the tickets of one venue but not those of others in the same commit', async () => {
      test = await openTestJournal({ maxBytes: 8 * 1024 ** 2 })
      await approve(20)
      await fill('venue-1')
      const together = await Promise.allSettled(
        ['venue-1', 'venue-2', 'venue-1', 'venue-3'].map((venue) =>
          test.journal.acceptTicket({ ...intake(), venue }),
        ),
      )
      expect(together.map(({ status }) => status)).to.deep.equal([
        'rejected',
        'fulfilled',
        'rejected',
        'fulfilled',
      ])
    })
  })

  it('give dead letters a tenth: one that does not fit is refused, so that its till keeps it, and none is dropped', async () => {
    test = await openTestJournal({ maxBytes: 2 * 1024 ** 2 })
    let kept = 0
    while (!(await refusalOf(test.journal.keepDeadLetter(unread())))) kept++
    expect(kept).to.be.within(7, 9)
    expect((await test.journal.deadLetters()).length).to.equal(kept)
    expect(linesOf('dead_letters_full')).to.deep.equal(['error: trouble with the journal'])
    // What Kafka refuses is in the journal already, and must not hold up those behind it.
    const ticket = intake()
    await test.journal.acceptTicket(ticket)
    await test.journal.moveToDeadLetters(ticket.eventId, 'MESSAGE_TOO_LARGE')
    expect((await test.journal.deadLetters()).length).to.equal(kept + 1)

    for (const { id } of await test.journal.deadLetters())
      await test.journal.acts.dropDeadLetter(id, 'drop', testAct())
    expect(await refusalOf(test.journal.keepDeadLetter(unread()))).to.equal(undefined)
    expect(test.journal.trouble()).to.equal(undefined)
  })

  /**
   * Story: a till in a loop sent thousands of broken tickets, each with another time in it. They used up the room for
   * dead letters within an hour, and those of all other venues were refused until somebody looked into it.
   */
  it('limit a venue that floods to its share of the room for dead letters once half of it is used', async () => {
    test = await openTestJournal({ maxBytes: 8 * 1024 ** 2 })
    const roomBytes = 0.1 * 8 * 1024 ** 2
    const flood = async (venue: string) => {
      let kept = 0
      while (!(await refusalOf(test.journal.keepDeadLetter(unread(venue))))) kept++
      return kept
    }
    const first = unread('flooding')
    await test.journal.keepDeadLetter(first)
    await flood('flooding')
    const { deadLetterBytes: ofOne } = await test.journal.stats()
    expect(ofOne / roomBytes).to.be.within(0.5, 0.54)
    expect(test.journal.trouble(), 'no trouble for the others').to.equal(undefined)
    await test.journal.keepDeadLetter(first)

    for (const venue of ['second', 'third']) await flood(venue)
    const { deadLetterBytes: ofThree } = await test.journal.stats()
    expect((ofThree - ofOne) / roomBytes / 2).to.be.within(0.1, 0.14)
    const ticket = intake()
    await test.journal.acceptTicket(ticket)
    await test.journal.moveToDeadLetters(ticket.eventId, 'MESSAGE_TOO_LARGE')

    for (const { id } of (await test.journal.deadLetters()).slice(0, 20))
      await test.journal.acts.dropDeadLetter(id, 'drop', testAct())
    expect(await flood('fourth')).to.be.above(0)
  })

  it('count everything that a venue sends at the same moment', async () => {
    test = await openTestJournal({ maxBytes: 8 * 1024 ** 2 })
    const messages = Array.from({ length: 50 }, () => unread('flooding'))
    const outcomes = await Promise.all(messages.map((one) => refusalOf(test.journal.keepDeadLetter(one))))
    expect(outcomes.filter((refusal) => refusal === undefined).length).to.be.within(15, 17)
  })

  it('refuse new work while a reader keeps the log from being cut, until the reader is gone', async () => {
    test = await openTestJournal()
    const reader = new DatabaseSync(test.path)
    reader.exec('BEGIN; SELECT count(*) FROM redemptions')
    const messages = () =>
      Array.from({ length: 20 }, () => unreadMessage(`${++count} ${'x'.repeat(150_000)}`, `venue ${count}`))
    const keepMore = () => Promise.all(messages().map((one) => test.journal.keepDeadLetter(one)))
    while (!(await refusalOf(keepMore())));
    expect((await test.journal.stats()).walBytes / 1024 ** 2).to.be.within(64, 72)
    expect(await refusalOf(begin('T-1'))).to.match(
      /^the journal's log cannot be cut while it is being read: /,
    )
    await test.journal.tidy()
    expect(test.journal.trouble()).to.match(/log cannot be cut/)

    reader.exec('ROLLBACK')
    reader.close()
    await test.journal.tidy()
    expect((await test.journal.stats()).walBytes).to.equal(0)
    expect(await refusalOf(begin('T-1'))).to.equal(undefined)
    expect(linesOf('log_too_long')).to.have.length(2)
  }).timeout(30_000)
})
