import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { CompressionTypes, Kafka, logLevel, Partitioners } from 'kafkajs'
import { listen } from '../listen.ts'

/** A till's ticket to Kafka as it is most often written: sent by itself, and answered when all replicas have it. */
const kafka = new Kafka({ brokers: (process.env.KAFKA_BROKERS ?? '').split(','), logLevel: logLevel.NOTHING })
const producer = kafka.producer({
  allowAutoTopicCreation: false,
  createPartitioner: Partitioners.DefaultPartitioner,
})
await producer.connect()

listen(
  createServer((request, response) => {
    void (async () => {
      const value = await text(request)
      const { ticketId, cardNumber } = JSON.parse(value) as { ticketId: string; cardNumber: string }
      await producer.send({
        topic: process.env.KAFKA_TOPIC ?? '',
        acks: -1,
        compression: CompressionTypes.None,
        messages: [{ key: cardNumber, value }],
      })
      const body = JSON.stringify({ response: 'OK', ticketId, accepted: true })
      response.writeHead(200, {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      })
      response.end(body)
    })()
  }),
)
