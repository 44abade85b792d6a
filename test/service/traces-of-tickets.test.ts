import { expect } from 'chai'
import { readTopic } from '../support/kafka-consumer.ts'
import { useKafka } from '../support/kafka-for-tests.ts'
import { createTopic } from '../support/kafka-topic.ts'
import { journalEnv } from '../support/journal-url.ts'
import { startOtlpReceiver, type OtlpReceiver } from '../support/otlp/receiver.ts'
import { usePostgres } from '../support/postgres-for-tests.ts'
import { useRealSockets } from '../support/real-sockets.ts'
import { demo, openCounter, takeCoffee, type Counter } from './counter.ts'

describe('the traces of a service with everything around it', () => {
  useRealSockets()
  let collector: OtlpReceiver
  let counter: Counter
  beforeEach(async () => (collector = await startOtlpReceiver()))
  afterEach(async () => {
    await counter.close()
    await collector.close()
  })

  describe('with Kafka', () => {
    const kafka = useKafka()

    it("have each batch point to its tickets, whose records keep their own tickets' context", async () => {
      const topic = await createTopic(kafka())
      counter = await openCounter({ ...collector.env, KAFKA_BROKERS: kafka().join(), KAFKA_TOPIC: topic })
      const bill = { cardNumber: demo.cards.anna, closedAt: new Date(), total: 5 }
      await Promise.all(['B-1', 'B-2', 'B-3'].map((ticketId) => counter.till.ticket({ ...bill, ticketId })))
      const records = await readTopic(kafka(), topic, ({ length }) => length === 3)
      await counter.service.stop()

      const { spans } = collector
      const created = spans.filter(({ name }) => name === 'create ticket')
      const contexts = created.map(({ traceId, spanId }) => `00-${traceId}-${spanId}-01`)
      expect(records.map(({ headers }) => headers.traceparent)).to.have.members(contexts)
      const batches = spans.filter(({ name }) => name === `publish ${topic}`)
      const linked = batches.flatMap(({ links }) =>
        links.map(({ traceId, spanId }) => `00-${traceId}-${spanId}-01`),
      )
      expect(linked).to.have.members(contexts)
      for (const { kind, parentId, traceId, attributes, links } of batches) {
        expect({ kind, parentId }).to.deep.equal({ kind: 'client', parentId: '' })
        expect(created.map((one) => one.traceId)).not.to.include(traceId)
        expect(attributes).to.deep.equal({
          'messaging.system': 'kafka',
          'messaging.destination.name': topic,
          'messaging.batch.message_count': links.length,
        })
      }
    })
  })

  describe('with PostgreSQL', () => {
    const makeDatabase = usePostgres()

    it('name the database of the journal', async () => {
      counter = await openCounter({ ...collector.env, ...journalEnv(await makeDatabase()) })
      expect((await counter.till.debit(takeCoffee)).reply.response).to.equal('OK')
      await counter.service.stop()
      const begun = collector.spans.find(({ name }) => name === 'journal beginDebit')
      expect(begun?.attributes).to.deep.equal({
        'db.system.name': 'postgresql',
        'db.operation.name': 'beginDebit',
      })
    })
  })
})
