import { expect } from 'chai'
import { mock } from 'node:test'
import { EventRefused } from '../../src/tickets/publisher.ts'
import { readTopic } from '../support/kafka-consumer.ts'
import { createTopic } from '../support/kafka-topic.ts'
import { closedBill } from './closed-bill.ts'
import { createMemoryJournal } from './memory-journal.ts'
import { idsOf, tickets, useRelays } from './relay-for-tests.ts'

const cardNumber = 'URCARD-SECRET-123'

describe('the relay, with a Kafka that refuses tickets,', () => {
  const { after, kafka, startRelay } = useRelays()

  it('makes dead letters of what Kafka refuses for good and of what makes no event, and publishes all others', async () => {
    // All small ones together are more than the topic accepts at once: only sent alone can each show whether it fits.
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
  it('sends no more at once than a topic accepts, and no ticket alone without need', async () => {
    const topic = await createTopic(kafka())
    const bills = Array.from({ length: 100 }, (_, index) =>
      closedBill({ eventId: `e-${index}`, ticket: { items: [{ name: 'ř'.repeat(10_000) }] } }),
    )
    const journal = createMemoryJournal(bills)
    const sent: number[] = []
    const { clock } = startRelay(topic, journal, (publisher) => ({
      ...publisher,
      async send(events) {
        const places = await publisher.send(events)
        sent.push(events.length)
        return places
      },
    }))
    await clock.passUntil(journal.whenEmpty())

    expect(sent).to.deep.equal([24, 24, 2, 24, 24, 2])
    expect(idsOf(await readTopic(kafka(), topic))).to.deep.equal(bills.map(({ eventId }) => eventId))
  })

  it("finds the one ticket in a hundred that Kafka refuses by halving, and keeps each card's order", async () => {
    const topic = await createTopic(kafka(), { config: { 'max.message.bytes': '100000' } })
    const tooLarge = closedBill({ eventId: 'large', ticket: { items: [{ name: 'x'.repeat(100_000) }] } })
    const bills = tickets(99)
    const journal = createMemoryJournal(bills.toSpliced(70, 0, tooLarge))
    let sends = 0
    const { clock } = startRelay(topic, journal, (publisher) => ({
      ...publisher,
      async send(events) {
        try {
          const places = await publisher.send(events)
          sends++
          return places
        } catch (error) {
          // Anything else is repeated, such as a send to a topic that has no leader yet.
          if (error instanceof EventRefused) sends++
          throw error
        }
      },
    }))
    await clock.passUntil(journal.whenEmpty())

    expect(journal.buried).to.deep.equal([{ eventId: 'large', reason: 'MESSAGE_TOO_LARGE' }])
    expect(idsOf(await readTopic(kafka(), topic))).to.deep.equal(bills.map(({ eventId }) => eventId))
    // All, then two halves of each of the seven that it is in.
    expect(sends).to.be.at.most(1 + 2 * 7)
  })

  // A pod woke up two hours ahead. Kafka refused the time of each ticket, and all that came went to the dead letters.
  it('makes no dead letters because the clock is wrong, and publishes the tickets when it is right', async () => {
    const topic = await createTopic(kafka())
    const journal = createMemoryJournal(tickets(3))
    const failures: unknown[] = []
    const failedTwice = Promise.withResolvers<void>()
    const now = Date.now.bind(Date)
    const wrong = mock.method(Date, 'now', () => now() + 2 * 3_600_000)
    after(() => wrong.mock.restore())
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
})
