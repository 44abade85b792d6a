import type { WaitingTicket } from '../../src/journal/stored-tickets.ts'
import { StorageUnavailable } from '../../src/model/refusal.ts'
import { expect } from 'chai'
import { mock } from 'node:test'
import { createRelay, type Relay } from '../../src/tickets/relay.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { readTopic } from '../support/kafka-consumer.ts'
import { useKafka } from '../support/kafka-for-tests.ts'
import { createTopic } from '../support/kafka-topic.ts'
import { closedBill } from './closed-bill.ts'
import { createMemoryJournal } from './memory-journal.ts'
import { publisherForTests } from './publisher-for-tests.ts'

type Journal = Parameters<typeof createRelay>[0]['journal']
type Publisher = Parameters<typeof createRelay>[0]['publisher']

describe('the relay', () => {
  const kafka = useKafka()
  const afterwards: (() => Promise<void>)[] = []
  afterEach(async () => {
    for (const end of afterwards.splice(0)) await end()
  })

  function startRelay(topic: string, journal: Journal, wrap = (publisher: Publisher) => publisher) {
    const { publisher, ...rest } = publisherForTests(kafka(), topic)
    const clock = createManualClock()
    const relay: Relay = createRelay({
      journal,
      publisher: wrap(publisher),
      venueParameter: 'aztecVenueId',
      ...rest,
      timers: clock,
    })
    afterwards.push(relay.stop, publisher.close)
    relay.start()
    return { relay, clock, ...rest }
  }

  it('publishes what waits, then what it is woken for', async () => {
    const topic = await createTopic(kafka())
    const journal = createMemoryJournal(tickets(2))
    const { relay, clock, metrics } = startRelay(topic, journal)
    await clock.passUntil(journal.whenEmpty())
    journal.add(closedBill({ eventId: 'late' }))
    relay.wake()
    await clock.passUntil(journal.whenEmpty())

    expect(idsOf(await readTopic(kafka(), topic))).to.deep.equal(['e-0', 'e-1', 'late'])
    expect(journal.published).to.deep.equal(['e-0', 'e-1', 'late'])
    expect((await metrics.page()).body).to.include('zonal_tickets_published_total 3')
  })

  it('does not sleep over a ticket that comes while it looks', async () => {
    const journal = createMemoryJournal()
    const looked = Promise.withResolvers<void>()
    const slow = {
      ...journal,
      // The read finds nothing, and before it returns a ticket is written and wakes the relay.
      waitingTickets: async (limit: number) => {
        const seen = await journal.waitingTickets(limit)
        looked.resolve()
        await rung.promise
        return seen
      },
    }
    const rung = Promise.withResolvers<void>()
    const { relay, clock } = startRelay(await createTopic(kafka()), slow)
    await looked.promise
    journal.add(closedBill({ eventId: 'meanwhile' }))
    relay.wake()
    rung.resolve()
    await clock.whenSet(gatherMs)
    const published = journal.whenEmpty()
    await clock.pass(gatherMs)
    await published
    expect(journal.published).to.deep.equal(['meanwhile'])
  })

  it('sends together what comes one by one', async () => {
    const journal = createMemoryJournal()
    const looked = Promise.withResolvers<void>()
    const watched = {
      ...journal,
      waitingTickets(limit: number) {
        looked.resolve()
        return journal.waitingTickets(limit)
      },
    }
    const sent: number[] = []
    const { relay, clock } = startRelay(await createTopic(kafka()), watched, (publisher) => ({
      ...publisher,
      send: (events) => {
        sent.push(events.length)
        return publisher.send(events)
      },
    }))
    await looked.promise
    for (let index = 0; index < 3; index++) {
      journal.add(closedBill({ eventId: `e-${index}` }))
      relay.wake()
      // A relay that does not sleep has looked by then.
      await clock.pass(0)
    }
    const published = journal.whenEmpty()
    await clock.pass(gatherMs)
    await published
    expect(sent).to.deep.equal([3])
  })

  it('keeps the order of each card over many batches', async () => {
    const topic = await createTopic(kafka(), { partitions: 3 })
    const journal = createMemoryJournal(tickets(350, (index) => ({ kafkaKey: `card-${index % 5}` })))
    const { clock } = startRelay(topic, journal)
    await clock.passUntil(journal.whenEmpty())

    const read = await readTopic(kafka(), topic)
    expect(read).to.have.length(350)
    for (const card of ['card-0', 'card-1', 'card-2', 'card-3', 'card-4']) {
      const expected = tickets(350).filter((_, index) => `card-${index % 5}` === card)
      expect(idsOf(read.filter(({ key }) => key === card))).to.deep.equal(
        expected.map(({ eventId }) => eventId),
      )
    }
  })

  it('buries what Kafka refuses for good and what makes no event, and publishes all others', async () => {
    // All small ones together are more than the topic takes at once: only alone can each show whether it fits.
    const topic = await createTopic(kafka(), { config: { 'max.message.bytes': '3000' } })
    const [first, second, ...others] = tickets(20)
    const tooLarge = closedBill({
      eventId: 'large',
      ticket: { cardNumber, items: [{ name: 'x'.repeat(3000) }] },
    })
    const unreadable = closedBill({ eventId: 'unreadable', ticket: { cardNumber, closedAtMs: NaN } })
    const journal = createMemoryJournal(
      [first, tooLarge, second, unreadable, ...others].filter((ticket) => !!ticket),
    )
    const { clock, logged } = startRelay(topic, journal)
    await clock.passUntil(journal.whenEmpty())

    expect(idsOf(await readTopic(kafka(), topic))).to.deep.equal(tickets(20).map(({ eventId }) => eventId))
    expect(journal.buried).to.deep.equal([
      { eventId: 'large', reason: 'MESSAGE_TOO_LARGE' },
      { eventId: 'unreadable', reason: 'EVENT_CANNOT_BE_MADE' },
    ])
    expect(logged.join()).to.include('"eventId":"large"').and.not.include(cardNumber)
  })

  // A hundred long bills after an outage were more than the topic takes at once. Kafka refused them, the connection was
  // dropped, and all went one by one, each on a connection of its own.
  it('sends no more at once than a topic takes, and no ticket alone that need not be', async () => {
    const topic = await createTopic(kafka())
    const bills = Array.from({ length: 100 }, (_, index) =>
      closedBill({ eventId: `e-${index}`, ticket: { items: [{ name: 'ř'.repeat(10_000) }] } }),
    )
    const journal = createMemoryJournal(bills)
    const sent: number[] = []
    const { clock } = startRelay(topic, journal, (publisher) => ({
      ...publisher,
      async send(events) {
        await publisher.send(events)
        sent.push(events.length)
      },
    }))
    await clock.passUntil(journal.whenEmpty())

    expect(sent).to.deep.equal([24, 24, 24, 24, 4])
    expect(idsOf(await readTopic(kafka(), topic))).to.deep.equal(bills.map(({ eventId }) => eventId))
  })

  it('finds the one ticket that Kafka refuses among a hundred by halves, in the order of each card', async () => {
    const topic = await createTopic(kafka(), { config: { 'max.message.bytes': '100000' } })
    const tooLarge = closedBill({ eventId: 'large', ticket: { items: [{ name: 'x'.repeat(100_000) }] } })
    const bills = tickets(99)
    const journal = createMemoryJournal(bills.toSpliced(70, 0, tooLarge))
    let sends = 0
    const { clock } = startRelay(topic, journal, (publisher) => ({
      ...publisher,
      send(events) {
        sends++
        return publisher.send(events)
      },
    }))
    await clock.passUntil(journal.whenEmpty())

    expect(journal.buried).to.deep.equal([{ eventId: 'large', reason: 'MESSAGE_TOO_LARGE' }])
    expect(idsOf(await readTopic(kafka(), topic))).to.deep.equal(bills.map(({ eventId }) => eventId))
    // All, then two halves of each of the seven that it is in.
    expect(sends).to.be.at.most(1 + 2 * 7)
  })

  // A pod woke up two hours ahead. Kafka refused the time of each ticket, and all that came went to the dead letters.
  it('buries nothing because the clock is wrong, and publishes it when the clock is right', async () => {
    const topic = await createTopic(kafka())
    const journal = createMemoryJournal(tickets(3))
    const failures: unknown[] = []
    const failedTwice = Promise.withResolvers<void>()
    const now = Date.now.bind(Date)
    const wrong = mock.method(Date, 'now', () => now() + 2 * 3_600_000)
    afterwards.push(async () => wrong.mock.restore())
    const { clock } = startRelay(topic, journal, (publisher) => ({
      ...publisher,
      send: (events) =>
        publisher.send(events).catch((error: unknown) => {
          if (failures.push(error) === 2) failedTwice.resolve()
          throw error
        }),
    }))
    // What is refused for good is sent once more, alone.
    await clock.passUntil(failedTwice.promise)
    wrong.mock.restore()
    await clock.passUntil(journal.whenEmpty())

    expect(journal.buried).to.deep.equal([])
    for (const failure of failures) expect(failure).to.have.property('type', 'INVALID_TIMESTAMP')
    expect(idsOf(await readTopic(kafka(), topic))).to.deep.equal(['e-0', 'e-1', 'e-2'])
  })

  for (const name of ['waitingTickets', 'markPublished', 'buryTicket'] as const) {
    it(`neither loses nor sends twice when the journal fails at ${name}`, async () => {
      const topic = await createTopic(kafka(), { config: { 'max.message.bytes': '3000' } })
      const tooLarge = closedBill({ eventId: 'large', ticket: { items: [{ name: 'x'.repeat(3000) }] } })
      const journal = createMemoryJournal([...tickets(1), tooLarge])
      const { clock, logged } = startRelay(topic, failing(journal, name, 2))
      await clock.passUntil(journal.whenEmpty())

      expect(idsOf(await readTopic(kafka(), topic))).to.deep.equal(['e-0'])
      expect(journal.buried).to.have.length(1)
      const levels = logged.map((line) => JSON.parse(line) as { level: number; failures?: number })
      expect(levels.filter(({ level }) => level === 40)).to.have.length(1)
      expect(levels.filter(({ failures }) => failures === 2)).to.have.length(1)
    })
  }

  it('stops after the send that is under way and its mark', async () => {
    const topic = await createTopic(kafka())
    const journal = createMemoryJournal(tickets(150))
    const sending = Promise.withResolvers<void>()
    const release = Promise.withResolvers<void>()
    const { relay } = startRelay(topic, journal, (publisher) => ({
      ...publisher,
      async send(events) {
        sending.resolve()
        await release.promise
        await publisher.send(events)
      },
    }))
    await sending.promise
    const stopped = relay.stop()
    release.resolve()
    await stopped
    await relay.stop()

    const read = idsOf(await readTopic(kafka(), topic))
    expect(read).to.deep.equal(journal.published).and.to.have.length(100)
    expect(journal.waiting()).to.have.length(50)
  })

  it('stops while it sleeps', async () => {
    const topic = await createTopic(kafka())
    const journal = createMemoryJournal(tickets(1))
    const { relay, clock } = startRelay(topic, journal)
    await journal.whenEmpty()
    await clock.whenSet(gatherMs)
    await relay.stop()
    expect(journal.published).to.deep.equal(['e-0'])
  })
})

const cardNumber = 'URCARD-SECRET-123'
/** How long the relay lets tickets gather. */
const gatherMs = 50

function tickets(count: number, vary?: (index: number) => { kafkaKey: string }): WaitingTicket[] {
  return Array.from({ length: count }, (_, index) => closedBill({ eventId: `e-${index}`, ...vary?.(index) }))
}

function idsOf(records: { headers: Record<string, string> }[]): (string | undefined)[] {
  return records.map(({ headers }) => headers.ce_id)
}

/** The same journal, of which one function fails so many times before it does its work. */
function failing(journal: Journal, name: keyof Journal, times: number): Journal {
  let left = times
  const failOrDo = <A extends unknown[], T>(action: (...args: A) => Promise<T>) =>
    async function maybe(...args: A): Promise<T> {
      if (left-- > 0) throw new StorageUnavailable('disk full')
      return action(...args)
    }
  if (name === 'waitingTickets') return { ...journal, waitingTickets: failOrDo(journal.waitingTickets) }
  if (name === 'markPublished') return { ...journal, markPublished: failOrDo(journal.markPublished) }
  return { ...journal, buryTicket: failOrDo(journal.buryTicket) }
}
