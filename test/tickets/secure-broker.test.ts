import { expect } from 'chai'
import { useOwnBroker } from '../support/kafka-for-tests.ts'
import { countRecords, createTopic } from '../support/kafka-topic.ts'
import { publisherForTests } from './publisher-for-tests.ts'

const password = 'correct-horse'
const event = { key: '1902|A-12', value: '{}', headers: {} }

describe('a broker with TLS and SASL', () => {
  const broker = useOwnBroker({ password })

  async function sendTo(topic: string, env: Record<string, string>) {
    const { publisher, logged } = publisherForTests(broker().secureBrokers, topic, {
      KAFKA_SSL: 'true',
      KAFKA_SASL_USERNAME: 'adapter',
      ...env,
    })
    const sendTwice = async () => {
      await publisher.send([event])
      await publisher.close()
      await publisher.send([event])
    }
    const failure: unknown = await sendTwice().then(
      () => undefined,
      (error: unknown) => error,
    )
    await publisher.close()
    return { failure, logged }
  }

  for (const mechanism of ['plain', 'scram-sha-512']) {
    it(`accepts events with ${mechanism}, also on a new connection`, async () => {
      const topic = await createTopic(broker().brokers)
      const { failure } = await sendTo(topic, {
        KAFKA_SSL_CA_FILE: broker().caFile,
        KAFKA_SASL_MECHANISM: mechanism,
        KAFKA_SASL_PASSWORD: password,
      })
      expect(failure).to.equal(undefined)
      expect(await countRecords(broker().brokers, topic)).to.equal(2)
    })

    it(`accepts none with ${mechanism} and a wrong password, which stays out of the log`, async () => {
      const topic = await createTopic(broker().brokers)
      const { failure, logged } = await sendTo(topic, {
        KAFKA_SSL_CA_FILE: broker().caFile,
        KAFKA_SASL_MECHANISM: mechanism,
        KAFKA_SASL_PASSWORD: 'battery-staple',
      })
      expect(String(failure)).to.match(/^KafkaJSSASLAuthenticationError: /)
      expect(logged.join()).to.include('uthentication').and.not.include('battery-staple')
      expect(await countRecords(broker().brokers, topic)).to.equal(0)
    })
  }

  it('is not trusted without the CA that signed its certificate', async () => {
    const topic = await createTopic(broker().brokers)
    const { failure } = await sendTo(topic, { KAFKA_SASL_MECHANISM: 'plain', KAFKA_SASL_PASSWORD: password })
    expect(failure).to.be.an('error').with.property('message').that.includes('certificate')
    expect(await countRecords(broker().brokers, topic)).to.equal(0)
  })
})
