import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { startKafka } from './kafka-cluster.ts'
import { createTopic } from './kafka-topic.ts'

/** `npm run kafka`: a real broker with the topic of tickets, or three of them, for development. Ctrl-C ends it and drops its data. */
const { values } = parseArgs({
  options: {
    brokers: { type: 'string', default: '1' },
    port: { type: 'string' },
    topic: { type: 'string', default: 'loyalty.zonal.tickets.v1' },
  },
})

const kafka = await startKafka(values.brokers, values.port ? { port: Number(values.port) } : {})
const topic = await createTopic(kafka.brokers, { name: values.topic, partitions: 3 })
console.log(`KAFKA_BROKERS=${kafka.brokers.join()}\nKAFKA_TOPIC=${topic}\nCtrl-C ends it.`)

await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
await kafka.stop()
