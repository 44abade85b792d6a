import { expect } from 'chai'
import { Socket } from 'node:net'
import { mock } from 'node:test'
import { toEvent } from '../../src/tickets/event.ts'
import { EventRefused } from '../../src/tickets/publisher.ts'
import { holdPort } from '../support/held-ports.ts'
import { readTopic } from '../support/kafka-consumer.ts'
import { useKafka, useOwnBroker } from '../support/kafka-for-tests.ts'
import { countRecords, createTopic, listTopics } from '../support/kafka-topic.ts'
import { closedBill } from './closed-bill.ts'
import { publisherForTests } from './publisher-for-tests.ts'

describe('the publisher', () => {
  const kafka = useKafka()
  let open: ReturnType<typeof publisherForTests>['publisher'] | undefined
  const publisherTo = (topic: string, brokers = kafka()) => {
    const parts = publisherForTests(brokers, topic)
    open = parts.publisher
    return parts
  }
  afterEach(() => open?.close())

  it('delivers an event to a consumer unchanged', async () => {
    const topic = await createTopic(kafka())
    const { publisher, metrics } = publisherTo(topic)
    expect(publisher.isConnected()).to.equal(false)
    const event = toEvent(closedBill({ ticket: { ticketId: 'Krčma 7 🍺' } }), {
      venueParameter: 'aztecVenueId',
    })
    await publisher.send([event])

    const [record, ...others] = await readTopic(kafka(), topic)
    expect(record).to.deep.equal({ partition: 0, offset: 0, ...event })
    expect(others).to.be.empty
    expect(publisher.isConnected()).to.equal(true)
    const { body } = await metrics.page()
    expect(body).to.include('zonal_kafka_connected 1')
    expect(body).to.include('zonal_kafka_send_duration_seconds_count{outcome="done"} 1')
  })

  it('chooses the partition that a Java producer chooses', async () => {
    const topic = await createTopic(kafka(), { partitions: 7 })
    await publisherTo(topic).publisher.send(
      Object.keys(murmur2OfJava).map((key) => ({ key, value: '{}', headers: {} })),
    )

    const chosen = (await readTopic(kafka(), topic)).map(({ key, partition }) => [key, partition])
    const expected = Object.entries(murmur2OfJava).map(([key, hash]) => [key, (hash & 0x7fffffff) % 7])
    expect(chosen).to.have.deep.members(expected)
  })

  it('says where each record is', async () => {
    const topic = await createTopic(kafka(), { partitions: 3 })
    const { publisher } = publisherTo(topic)
    const events = Array.from({ length: 20 }, (_, index) => {
      const ticket = closedBill({ eventId: `e-${index}`, kafkaKey: `card-${index % 7}` })
      return toEvent(ticket, { venueParameter: 'aztecVenueId' })
    })
    const places = [...(await publisher.send(events)), ...(await publisher.send(events))]
    const read = await readTopic(kafka(), topic)
    const found = places.map(({ topic: name, partition, offset }) => {
      expect(name).to.equal(topic)
      return read.find((record) => record.partition === partition && String(record.offset) === offset)
    })
    expect(new Set(found).size).to.equal(40)
    expect(found.map((record) => record?.headers.ce_id)).to.deep.equal(
      [...events, ...events].map(({ headers }) => headers.ce_id),
    )
  })

  it('reports what Kafka refuses for good, and continues', async () => {
    const topic = await createTopic(kafka(), { config: { 'max.message.bytes': '1000' } })
    const { publisher, metrics } = publisherTo(topic)
    const refusal = await failureOf(publisher.send([{ ...small, value: 'x'.repeat(1000) }]))
    expect(refusal).to.be.instanceOf(EventRefused).with.property('message', 'MESSAGE_TOO_LARGE')
    expect((await metrics.page()).body).to.include('zonal_kafka_connected 1')

    await publisher.send([small])
    expect(await countRecords(kafka(), topic)).to.equal(1)
  })

  it('keeps its connection after a refusal, since the connection is fine', async () => {
    const topic = await createTopic(kafka(), { config: { 'max.message.bytes': '1000' } })
    const { publisher } = publisherTo(topic)
    await publisher.send([small])
    const connects = mock.method(Socket.prototype, 'connect')
    try {
      for (let times = 0; times < 3; times++)
        expect(await failureOf(publisher.send([{ ...small, value: 'x'.repeat(1000) }]))).to.be.instanceOf(
          EventRefused,
        )
      await publisher.send([small])
      expect(connects.mock.callCount()).to.equal(0)
    } finally {
      connects.mock.restore()
    }
    expect(await countRecords(kafka(), topic)).to.equal(2)
  })

  it('tries the next broker of its list after one that is down', async () => {
    const topic = await createTopic(kafka())
    using nobody = await holdPort()
    const { publisher, metrics } = publisherTo(topic, [`127.0.0.1:${nobody.port}`, ...kafka()])
    expect(String(await failureOf(publisher.send([small])))).to.equal(
      `KafkaJSNumberOfRetriesExceeded: Connection error: connect ECONNREFUSED 127.0.0.1:${nobody.port}`,
    )
    expect(publisher.isConnected()).to.equal(false)
    expect((await metrics.page()).body).to.include('zonal_kafka_connected 0')

    await publisher.send([small])
    expect(await countRecords(kafka(), topic)).to.equal(1)
    expect((await metrics.page()).body).to.include('zonal_kafka_connected 1')
  })

  // One of three brokers was lost for good. Every third connection began with it, and its send failed.
  it('stays with the broker that works, also on its next connections', async () => {
    const topic = await createTopic(kafka())
    using nobody = await holdPort()
    const { publisher } = publisherTo(topic, [`127.0.0.1:${nobody.port}`, ...kafka()])
    await failureOf(publisher.send([small]))
    for (let connections = 0; connections < 3; connections++) {
      await publisher.send([small])
      await publisher.close()
    }
    expect(await countRecords(kafka(), topic)).to.equal(3)
  })

  it('can send again after it was closed', async () => {
    const topic = await createTopic(kafka())
    const { publisher } = publisherTo(topic)
    await publisher.send([small])
    await publisher.close()
    await publisher.close()
    await publisher.send([small])
    expect(await countRecords(kafka(), topic)).to.equal(2)
  })
})

describe('a topic that does not exist', () => {
  const broker = useOwnBroker({ properties: { 'auto.create.topics.enable': 'true' } })

  it('is not created, though the broker would do it, and does not count as a refusal', async () => {
    const { brokers } = broker()
    const { publisher } = publisherForTests(brokers, 'nobody-made-this-topic')
    // A broker creates a topic after its first answers, so one send would not show it.
    for (let sends = 0; sends < 20; sends++) {
      expect(String(await failureOf(publisher.send([small])))).to.equal(
        'KafkaJSNumberOfRetriesExceeded: This server does not host this topic-partition',
      )
    }
    expect(await listTopics(brokers)).to.not.include('nobody-made-this-topic')

    await createTopic(brokers, { name: 'nobody-made-this-topic' })
    await publisher.send([small])
    await publisher.close()
    expect(await countRecords(brokers, 'nobody-made-this-topic')).to.equal(1)
  })
})

const small = { key: '1902|A-12', value: '{}', headers: {} }

/** From the tests of Kafka's own `Utils.murmur2`. */
const murmur2OfJava = {
  '21': -973932308,
  foobar: -790332482,
  'a-little-bit-long-string': -985981536,
  'a-little-bit-longer-string': -1486304829,
  lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8: -58897971,
  abc: 479470107,
}

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => expect.fail('it did not fail'),
    (error: unknown) => error,
  )
}
