import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { printEvent } from '../sandbox/print.ts'
import { startKafka } from './kafka-cluster.ts'
import { followTopic } from './kafka-consumer.ts'
import { createTopic } from './kafka-topic.ts'

const usage = `
npm run kafka -- [--brokers 3] [--port 9092] [--topic NAME] [--tail]

A real Kafka with the topic of tickets, for development. Ctrl-C ends it and drops its data.

  --brokers 3    three brokers instead of one
  --port PORT    of the first; without it each takes a free one
  --topic NAME   instead of loyalty.zonal.tickets.v1
  --tail         prints each event as a consumer sees it
`

const { values } = parseArgs({
  options: {
    brokers: { type: 'string', default: '1' },
    port: { type: 'string' },
    topic: { type: 'string', default: 'loyalty.zonal.tickets.v1' },
    tail: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
})
if (values.help) console.log(usage)
else await run()

async function run() {
  const kafka = await startKafka(values.brokers, values.port ? { port: Number(values.port) } : {})
  const topic = await createTopic(kafka.brokers, { name: values.topic, partitions: 3 })
  console.log(`KAFKA_BROKERS=${kafka.brokers.join()}\nKAFKA_TOPIC=${topic}\nCtrl-C ends it.`)

  const ended = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
  const print = (event: Parameters<typeof printEvent>[1]) => {
    console.log()
    printEvent(topic, event)
  }
  const stopTail = values.tail ? await followTopic(kafka.brokers, topic, print) : undefined
  await ended
  await stopTail?.()
  await kafka.stop()
}
