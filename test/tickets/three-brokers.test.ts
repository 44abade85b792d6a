import { expect } from 'chai'
import { useAtLengthOnly } from '../support/at-length.ts'
import { nodeOf } from '../support/kafka-cluster.ts'
import { useOwnCluster } from '../support/kafka-for-tests.ts'
import { createTopic, partitionsOf, untilInSync, untilPartitions } from '../support/kafka-topic.ts'
import { publisherForTests } from './publisher-for-tests.ts'
import { useRelayInOutages } from './outage-for-tests.ts'

describe('tickets, with three brokers and min.insync.replicas=2,', function () {
  this.timeout(120_000)
  useAtLengthOnly()
  const cluster = useOwnCluster()
  const setUp = useRelayInOutages(() => cluster().brokers)
  beforeEach(() => cluster().heal())

  /** @returns a relay with an open till that has published some, and the broker that leads the first partition */
  async function open(topicOptions: { partitions?: number; config?: Record<string, string> }) {
    const { brokers, nodes } = cluster()
    const topic = await createTopic(brokers, topicOptions)
    await untilInSync(brokers, topic)
    const parts = setUp(topic)
    parts.openTill()
    parts.relay.start()
    await parts.publishes(50)
    const [first] = await partitionsOf(brokers, topic)
    const leader = nodeOf(cluster(), first?.leader ?? NaN)
    return { ...parts, topic, leader, followers: nodes.filter(({ id }) => id !== leader.id) }
  }

  it("go on when a leader is killed: none is lost, and each card's order is kept", async () => {
    const { journal, leader, publishes, closeTill, expectAll } = await open({ partitions: 3 })
    await leader.kill9()
    await publishes(500)
    expect(leader.isRunning()).to.equal(false)
    closeTill()
    await journal.whenEmpty()
    await expectAll()
  })

  it('go on when a leader is stopped and hands over, and when it leads again', async () => {
    const { journal, topic, leader, publishes, failsWith, closeTill, expectAll } = await open({
      partitions: 3,
    })
    await leader.shutDown()
    await publishes(500)
    // It takes over from a leader that works: only the leader's answer shows that it no longer leads.
    const failure = failsWith('This server is not the leader for that topic-partition')
    await leader.restart()
    await untilPartitions(cluster().brokers, topic, ([first]) => first?.leader === leader.id)
    await failure
    await publishes(500)
    closeTill()
    await journal.whenEmpty()
    await expectAll()
  })

  it('wait when too few replicas are in sync, and become neither published nor dead letters', async () => {
    const { journal, leader, followers, failsWith, publishes, closeTill, expectAll } = await open({
      config: { 'min.insync.replicas': '3' },
    })
    await followers[0]?.kill9()
    await failsWith('fewer in-sync replicas than required')
    const published = journal.published.length
    await failsWith('fewer in-sync replicas than required')
    expect(journal.published).to.have.length(published)
    expect(leader.isRunning()).to.equal(true)

    await followers[0]?.restart()
    await publishes(50)
    closeTill()
    await journal.whenEmpty()
    expect(journal.buried).to.deep.equal([])
    await expectAll()
  })

  it('wait when two brokers are killed, even if the leader is not, and all arrive when they are back', async () => {
    const { journal, leader, followers, failsWith, closeTill, expectAll } = await open({})
    await Promise.all(followers.map((node) => node.kill9()))
    await failsWith('timed out')
    const published = journal.published.length
    await failsWith('ECONNREFUSED')
    closeTill()
    expect(journal.published).to.have.length(published)
    expect(leader.isRunning()).to.equal(true)

    await Promise.all(followers.map((node) => node.restart()))
    await journal.whenEmpty()
    expect(journal.buried).to.deep.equal([])
    await expectAll()
  })

  // Brokers behind one address are one broker to kafkajs: it sends a part of the records, and reports all as sent.
  it('wait if all brokers give the same address, since kafkajs then leaves some out', async () => {
    const { brokers, commonAddress } = cluster()
    const topic = await createTopic(brokers, { partitions: 3 })
    const { publisher } = publisherForTests([commonAddress], topic)
    const events = Array.from({ length: 30 }, (_, index) => ({ key: `${index}`, value: '{}', headers: {} }))
    const failure: unknown = await publisher.send(events).catch((error: unknown) => error)
    await publisher.close()
    expect(String(failure)).to.equal(
      'Error: Kafka acknowledged 1 of 3 partitions. Do all brokers have an address of their own?',
    )
  })

  it('go on without a broker that is lost for good, and new connections do not fail because of it', async () => {
    const { journal, leader, publisher, publishes, failures, openTill, closeTill, expectAll } = await open({
      partitions: 3,
    })
    await leader.remove()
    await publishes(500)
    closeTill()
    await journal.whenEmpty()
    const failed = failures.length
    for (let connections = 0; connections < cluster().nodes.length; connections++) {
      await publisher.close()
      openTill()
      await publishes(1)
      closeTill()
      await journal.whenEmpty()
    }
    expect(failures).to.have.length(failed)
    await expectAll()
  })
})
