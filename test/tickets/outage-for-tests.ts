import { expect } from 'chai'
import { createRelay } from '../../src/tickets/relay.ts'
import { readTopic } from '../support/kafka-consumer.ts'
import { closedBill } from './closed-bill.ts'
import { createMemoryJournal } from './memory-journal.ts'
import { publisherForTests } from './publisher-for-tests.ts'

const cardNumber = 'URCARD-SECRET-123'
/** Enough for each of three partitions to have some of them. */
const cards = 15

/** For a suite of outages: a real relay and publisher on the real clock, stopped after each test. */
export function useRelayInOutages(brokers: () => string[]) {
  const afterwards: (() => unknown)[] = []
  afterEach(async () => {
    for (const end of afterwards.splice(0)) await end()
  })

  /** @param count how many tickets wait from the beginning */
  function setUp(topic: string, count = 0) {
    const journal = createMemoryJournal(Array.from({ length: count }, (_, index) => ticket(index)))
    const { publisher, ...rest } = publisherForTests(brokers(), topic)
    const failures: unknown[] = []
    const send = (events: Parameters<typeof publisher.send>[0]) =>
      publisher.send(events).catch((error: unknown) => {
        failures.push(error)
        throw error
      })
    const relay = createRelay({
      journal,
      publisher: { ...publisher, send },
      venueParameter: 'aztecVenueId',
      ...rest,
    })
    afterwards.push(relay.stop, publisher.close)

    let taken = count
    let till: NodeJS.Timeout | undefined
    const closeTill = () => clearInterval(till)
    afterwards.unshift(closeTill)

    return {
      journal,
      relay,
      publisher,
      /** The reason of each send that failed. */
      failures,
      /** A ticket every other millisecond. */
      openTill() {
        till = setInterval(() => {
          journal.add(ticket(taken++))
          relay.wake()
        }, 2)
      },
      closeTill,
      /** Resolves when that many more tickets are published, while the till is open. */
      publishes(more: number): Promise<void> {
        const before = journal.published.length
        return journal.until(() => journal.published.length >= before + more)
      },
      /** Resolves when a send fails in that way from now on, while the till is open. */
      failsWith(text: string): Promise<void> {
        const before = failures.length
        return journal.until(() => failures.slice(before).some((error) => String(error).includes(text)))
      },
      /** All tickets are in Kafka, and those of each card in their order. */
      async expectAll() {
        const read = await readTopic(brokers(), topic)
        for (let card = 0; card < cards; card++) {
          const ids = read.filter(({ key }) => key === `card-${card}`).map(({ headers }) => headers.ce_id)
          const expected = Array.from({ length: taken }, (_, index) => index)
            .filter((index) => index % cards === card)
            .map((index) => `e-${index}`)
          // Repeats are allowed: a consumer drops them by id, and then sees each ticket once and in order.
          expect([...new Set(ids)]).to.deep.equal(expected)
        }
        expect(rest.logged.join()).to.not.include(cardNumber)
      },
      ...rest,
    }
  }

  return setUp
}

function ticket(index: number) {
  return closedBill({ eventId: `e-${index}`, kafkaKey: `card-${index % cards}`, ticket: { cardNumber } })
}
