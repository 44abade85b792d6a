import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { startBroker } from './kafka-broker.ts'
import { createTopic } from './kafka-topic.ts'

/** `npm run kafka`: a real broker with the topic of tickets, for development. Ctrl-C ends it and drops its data. */
const { values } = parseArgs({
  options: { port: { type: 'string' }, topic: { type: 'string', default: 'loyalty.zonal.tickets.v1' } },
})

const broker = await startBroker(values.port ? { port: Number(values.port) } : {})
const topic = await createTopic(broker.brokers, { name: values.topic, partitions: 3 })
console.log(`KAFKA_BROKERS=${broker.brokers.join()}\nKAFKA_TOPIC=${topic}\nCtrl-C ends it.`)

await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
await broker.stop()
