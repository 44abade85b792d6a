import { expect } from 'chai'
import { StorageUnavailable } from '../../src/model/refusal.ts'
import { readTopic } from '../support/kafka-consumer.ts'
import { createTopic } from '../support/kafka-topic.ts'
import { closedBill } from './closed-bill.ts'
import { createMemoryJournal } from './memory-journal.ts'
import { idsOf, tickets, useRelays, type RelayJournal } from './relay-for-tests.ts'

/** How long the relay lets tickets gather. */
const gatherMs = 50
/** And how long it rests between two batches of a backlog. */
const restMs = 2

describe('the relay', () => {
  const { kafka, startRelay } = useRelays()

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

  it('does not miss a ticket that comes while it is looking', async () => {
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

  it('sends tickets together that come one by one', async () => {
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

  it('sends fifty at once and rests in between, so that a backlog keeps no till waiting for long', async () => {
    const sent: number[] = []
    const topic = await createTopic(kafka(), { partitions: 3 })
    const journal = createMemoryJournal(tickets(650))
    const { clock } = startRelay(topic, journal, (publisher) => ({
      ...publisher,
      send: (events) => {
        sent.push(events.length)
        return publisher.send(events)
      },
    }))
    for (let batches = 1; batches < 13; batches++) {
      await clock.whenSet(restMs)
      expect(sent).to.have.length(batches)
      await clock.pass(restMs)
    }
    await clock.passUntil(journal.whenEmpty())
    expect(sent).to.deep.equal(Array.from({ length: 13 }, () => 50))
  })

  // Opening fifty tickets, making their events and encoding them was one piece of work, and every till waited for all of it.
  it('lets tills have a turn between reading tickets and sending them', async () => {
    const done: string[] = []
    const topic = await createTopic(kafka())
    const memory = createMemoryJournal(tickets(50))
    const journal = {
      ...memory,
      waitingTickets: (limit: number) => {
        setImmediate(() => done.push('a turn'))
        done.push('read')
        return memory.waitingTickets(limit)
      },
    }
    const { clock } = startRelay(topic, journal, (publisher) => ({
      ...publisher,
      send: (events) => {
        done.push('send')
        return publisher.send(events)
      },
    }))
    await clock.passUntil(memory.whenEmpty())
    expect(done.slice(0, 3)).to.deep.equal(['read', 'a turn', 'send'])
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

  for (const name of ['waitingTickets', 'markPublished', 'moveToDeadLetters'] as const) {
    it(`neither loses a ticket nor sends one twice if the journal fails at ${name}`, async () => {
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

  it('stops after the send that is under way, and after marking it', async () => {
    const topic = await createTopic(kafka())
    const journal = createMemoryJournal(tickets(150))
    const sending = Promise.withResolvers<void>()
    const release = Promise.withResolvers<void>()
    const { relay } = startRelay(topic, journal, (publisher) => ({
      ...publisher,
      async send(events) {
        sending.resolve()
        await release.promise
        return await publisher.send(events)
      },
    }))
    await sending.promise
    const stopped = relay.stop()
    release.resolve()
    await stopped
    await relay.stop()

    const read = idsOf(await readTopic(kafka(), topic))
    expect(read).to.deep.equal(journal.published).and.to.have.length(50)
    expect(journal.waiting()).to.have.length(100)
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

/** The same journal with one function that fails a few times before it works. */
function failing(journal: RelayJournal, name: keyof RelayJournal, times: number): RelayJournal {
  let left = times
  const failOrDo = <A extends unknown[], T>(action: (...args: A) => Promise<T>) =>
    async function maybe(...args: A): Promise<T> {
      if (left-- > 0) throw new StorageUnavailable('disk full')
      return action(...args)
    }
  if (name === 'waitingTickets') return { ...journal, waitingTickets: failOrDo(journal.waitingTickets) }
  if (name === 'markPublished') return { ...journal, markPublished: failOrDo(journal.markPublished) }
  return { ...journal, moveToDeadLetters: failOrDo(journal.moveToDeadLetters) }
}
