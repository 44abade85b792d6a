import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { Kafka, logLevel } from 'kafkajs'
import { useAtLengthOnly } from './at-length.ts'
import { followTopic, type Consumed } from './kafka-consumer.ts'
import { pendingWithoutKafka, useOwnBroker } from './kafka-for-tests.ts'
import { createTopic } from './kafka-topic.ts'

const script = new URL('kafka.ts', import.meta.url).pathname

describe('npm run kafka', function () {
  this.timeout(180_000)
  useAtLengthOnly()

  it('prints with --tail each event as a consumer sees it', async function () {
    await pendingWithoutKafka(this)
    const kafka = spawn(process.execPath, [script, '--tail'], { stdio: ['ignore', 'pipe', 'inherit'] })
    const tooLate = setTimeout(() => kafka.kill('SIGTERM'), 120_000)
    try {
      const printed = createInterface(kafka.stdout)[Symbol.asyncIterator]()
      const lineWith = async (text: string): Promise<string> => {
        for (;;) {
          const { value, done } = await printed.next()
          if (done) throw new Error(`it ended before it printed ${text}`)
          if (value.includes(text)) return value
        }
      }
      const brokers = (await lineWith('KAFKA_BROKERS=')).replace('KAFKA_BROKERS=', '').split(',')
      const topic = (await lineWith('KAFKA_TOPIC=')).replace('KAFKA_TOPIC=', '')
      await send(brokers, topic, '{"transaction_id":"B-77"}')
      expect(await lineWith('topic')).to.contain(`${topic}, partition `)
      expect(await lineWith('value')).to.contain('{"transaction_id":"B-77"}')
    } finally {
      clearTimeout(tooLate)
      const ended = once(kafka, 'exit')
      if (kafka.exitCode === null) {
        kafka.kill('SIGINT')
        await ended
      }
      expect(kafka.exitCode).to.equal(0)
    }
  })

  it('explains itself with --help', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [script, '--help'])
    expect(stdout).to.contain('--tail')
  })
})

describe('following a topic', function () {
  useAtLengthOnly()
  const broker = useOwnBroker()

  it('passes on each record once, also after the broker was away', async () => {
    const { brokers } = broker()
    const topic = await createTopic(brokers)
    const records: Consumed[] = []
    let came = Promise.withResolvers<void>()
    const stop = await followTopic(brokers, topic, (record) => {
      records.push(record)
      came.resolve()
    })
    try {
      await send(brokers, topic, 'before')
      await came.promise
      came = Promise.withResolvers()
      await broker().kill9()
      await broker().restart()
      await send(brokers, topic, 'after')
      await came.promise
      expect(records.map(({ value }) => value)).to.deep.equal(['before', 'after'])
    } finally {
      await stop()
    }
  })
})

async function send(brokers: string[], topic: string, value: string) {
  const producer = new Kafka({ brokers, logLevel: logLevel.NOTHING }).producer()
  await producer.connect()
  await producer.send({ topic, messages: [{ key: '*1001', value }] })
  await producer.disconnect()
}
