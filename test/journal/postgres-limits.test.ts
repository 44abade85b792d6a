import { expect } from 'chai'
import type { TicketIntake } from '../../src/journal/stored-tickets.ts'
import { StorageUnavailable } from '../../src/model/refusal.ts'
import { openOnPostgres } from '../support/both-databases.ts'
import { usePostgres } from '../support/postgres-for-tests.ts'
import { useRealSockets } from '../support/real-sockets.ts'
import { confirmed, sendNext, settleDebit } from '../support/redemption.ts'
import { stuckDebit } from '../support/stuck-redemption.ts'
import { unreadMessage, type TestJournal } from '../support/test-journal.ts'
import { closedBill } from '../tickets/closed-bill.ts'

/** What is in use is summed once a second and by `tidy`, since tables do not shrink. */
describe('the limits of the journal on PostgreSQL', () => {
  useRealSockets()
  const createDatabase = usePostgres()
  let test: TestJournal
  const maxBytes = 2 * 1024 ** 2
  beforeEach(async () => (test = await openOnPostgres(await createDatabase(), { maxBytes })))
  afterEach(() => test.end())

  let count = 0
  /** A bill of 50 KB. */
  const intake = (venue = `venue-${count}`): TicketIntake => ({
    ...{ venue, eventId: `e-${++count}`, fingerprint: 'f', formerFingerprint: () => 'of the rule before' },
    kafkaKey: 'k',
    closed: closedBill({ coupons: Array.from({ length: 50 }, (_, index) => `${index}${'x'.repeat(1000)}`) })
      .closed,
  })
  const begin = () => test.journal.beginDebit({ ...stuckDebit, key: `T-${++count}` }, sendNext)
  /** A message of 67 KB. */
  const keepUnread = () =>
    test.journal.keepDeadLetter(unreadMessage(`${++count} ${'x'.repeat(50_000)}`, `venue-${count}`))

  /** Accepts tickets that use so much of the room. */
  async function fill(share: number, venue?: string) {
    const tickets: TicketIntake[] = []
    while ((await test.journal.stats()).bytes < share * maxBytes) {
      const batch = [intake(venue), intake(venue)]
      await Promise.all(batch.map((ticket) => test.journal.acceptTicket(ticket)))
      tickets.push(...batch)
      await test.journal.tidy()
    }
    return tickets
  }

  async function refusalOf(work: Promise<unknown>) {
    const error = await work.then(
      () => undefined,
      (error: unknown) => error,
    )
    expect(error).to.be.instanceOf(StorageUnavailable)
    return (error as Error).message
  }

  it('leave the last tenth to redemptions, and are lifted once tickets are in Kafka', async () => {
    const tickets = await fill(0.9)
    expect(await refusalOf(test.journal.acceptTicket(intake()))).to.match(
      /^the journal has no room for tickets: 1\.[89] of 1\.8 MiB$/,
    )
    expect(await refusalOf(keepUnread())).to.match(/^the journal has no room for tickets: /)
    expect(await begin()).to.have.property('do', 'send')
    await test.journal.markPublished(tickets.map(({ eventId }) => eventId))
    await test.journal.tidy()
    expect(test.journal.trouble()).to.equal(undefined)
    await test.journal.acceptTicket(intake())
  })

  it('refuse new work when the journal is full, but let what is under way be settled', async () => {
    const begun = await begin()
    if (begun.do !== 'send') return expect.fail()
    await begin()
    await test.sql(
      `UPDATE redemptions SET sealed = decode(repeat('00', ${maxBytes}), 'hex') WHERE key = 'T-${count}'`,
    )
    await test.journal.tidy()
    for (const work of [begin(), test.journal.acceptTicket(intake()), keepUnread()])
      expect(await refusalOf(work)).to.match(/^the journal is full: 2\.\d of 2\.0 MiB$/)
    const { id } = begun.redemption
    expect(await settleDebit(test.journal, id, confirmed())).to.deep.equal({ stands: true })
    await test.journal.markAnswered(id)
    expect(await test.journal.findRedemption(id)).to.have.property('state', 'confirmed')
  })

  it('limit a venue to its share once half of the room for tickets is used, and still recognise its repeats', async () => {
    const approval = (id: string) => ({
      venue: { id, coreId: `venue-${id}`, currency: 'GBP' },
      approvedAtMs: test.clock.nowMs(),
    })
    for (let venue = 1; venue <= 20; venue++)
      await test.journal.keepApproval(
        { venueId: `${venue}`, apiKey: 'key', keyHash: `hash ${venue}`, tenant: 'tenant' },
        approval(`${venue}`),
      )
    const [first] = await fill(0.45, 'venue-1')
    expect(await refusalOf(test.journal.acceptTicket(intake('venue-1')))).to.match(
      /^the venue has used its share/,
    )
    await test.journal.acceptTicket(intake('venue-2'))
    expect(await test.journal.acceptTicket(first!)).to.include({ isDuplicate: true })
    expect(test.journal.trouble()).to.equal(undefined)
  })

  it('give dead letters a tenth: one that does not fit is refused, so that its till keeps it', async () => {
    let kept = 0
    let refusal: unknown
    while (!refusal && kept < 20) {
      refusal = await keepUnread().then(
        () => undefined,
        (error: unknown) => error,
      )
      if (!refusal) kept++
      await test.journal.tidy()
    }
    expect(kept).to.be.within(3, 4)
    expect(String(refusal)).to.match(/no room for dead letters/)
    expect(await test.journal.deadLetters()).to.have.length(kept)
  })
})
