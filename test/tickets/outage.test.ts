import { expect } from 'chai'
import { readTopic } from '../support/kafka-consumer.ts'
import { useOwnBroker } from '../support/kafka-for-tests.ts'
import { createTopic } from '../support/kafka-topic.ts'
import { useRelayInOutages } from './outage-for-tests.ts'

describe('an outage of Kafka', function () {
  this.timeout(60_000)
  const broker = useOwnBroker()
  const setUp = useRelayInOutages(() => broker().brokers)

  it('loses no ticket when the broker is killed and comes back', async () => {
    const topic = await createTopic(broker().brokers, { partitions: 3 })
    const { journal, relay, openTill, closeTill, expectAll, metrics } = setUp(topic)
    openTill()
    relay.start()
    await journal.until(() => journal.published.length >= 50)
    await broker().kill9()
    await journal.until(() => journal.waiting().length >= 150)
    closeTill()
    expect((await metrics.page()).body).to.include('zonal_kafka_connected 0')
    await broker().restart()
    await journal.whenEmpty()
    await expectAll()
  })

  it('is waited out from the start, with one log line, and does not hold up a stop', async () => {
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
