import { expect } from 'chai'
import { createRelay } from '../../src/tickets/relay.ts'
import { readTopic } from '../support/kafka-consumer.ts'
import { useOwnBroker } from '../support/kafka-for-tests.ts'
import { createTopic } from '../support/kafka-topic.ts'
import { closedBill } from './closed-bill.ts'
import { createMemoryJournal } from './memory-journal.ts'
import { publisherForTests } from './publisher-for-tests.ts'

describe('an outage of Kafka', function () {
  this.timeout(60_000)
  const broker = useOwnBroker()
  const afterwards: (() => Promise<void>)[] = []
  afterEach(async () => {
    for (const end of afterwards.splice(0)) await end()
  })

  function setUp(topic: string, count: number) {
    const journal = createMemoryJournal(Array.from({ length: count }, (_, index) => ticket(index)))
    const { publisher, ...rest } = publisherForTests(broker().brokers, topic)
    const relay = createRelay({ journal, publisher, venueParameter: 'aztecVenueId', ...rest })
    afterwards.push(relay.stop, publisher.close)
    return { journal, relay, ...rest }
  }

  it('loses no ticket when the broker is killed and comes back', async () => {
    const topic = await createTopic(broker().brokers, { partitions: 3 })
    const { journal, relay, logged, metrics } = setUp(topic, 1)
    let taken = 1
    const till = setInterval(() => {
      journal.add(ticket(taken++))
      relay.wake()
    }, 1)
    afterwards.push(async () => clearInterval(till))
    relay.start()
    await journal.until(() => journal.published.length >= 50)
    await broker().kill9()
    await journal.until(() => journal.waiting().length >= 150)
    clearInterval(till)
    expect((await metrics.page()).body).to.include('zonal_kafka_connected 0')
    await broker().restart()
    await journal.whenEmpty()

    const read = (await readTopic(broker().brokers, topic)).map(({ key, headers }) => ({
      key,
      id: headers.ce_id,
    }))
    for (let card = 0; card < cards; card++) {
      const ids = read.filter(({ key }) => key === `card-${card}`).map(({ id }) => id)
      const expected = Array.from({ length: taken }, (_, index) => index).filter(
        (index) => index % cards === card,
      )
      // Repeats are allowed: a consumer drops them by id, and then sees each ticket once and in order.
      expect([...new Set(ids)]).to.deep.equal(expected.map((index) => `e-${index}`))
    }
    expect(logged.join()).to.not.include(cardNumber)
  })

  it('is waited out from the start, in silence, and can be left by a stop', async () => {
    const topic = await createTopic(broker().brokers)
    await broker().kill9()
    const first = setUp(topic, 3)
    first.relay.start()
    first.relay.wake()
    await first.relay.stop()
    expect(first.journal.waiting()).to.have.length(3)

    const second = setUp(topic, 3)
    second.relay.start()
    await broker().restart()
    await second.journal.whenEmpty()
    expect(await readTopic(broker().brokers, topic)).to.have.length(3)
    const warnings = second.logged.filter((line) => line.includes('"level":40'))
    expect(warnings, 'one line for an outage, not one for each try').to.have.length(1)
  })
})

const cardNumber = 'URCARD-SECRET-123'
const cards = 5

function ticket(index: number) {
  return closedBill({ eventId: `e-${index}`, kafkaKey: `card-${index % cards}`, ticket: { cardNumber } })
}
