import { expect } from 'chai'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { demo } from '../simulators/core/demo-project.ts'
import { startCoreSimulator, type CoreSimulator } from '../simulators/core.ts'
import { createTill } from '../simulators/till.ts'
import { startAdapterProcess, type AdapterProcess } from '../support/adapter-process.ts'
import { readTopic, type Consumed } from '../support/kafka-consumer.ts'
import { useOwnBroker } from '../support/kafka-for-tests.ts'
import { createTopic } from '../support/kafka-topic.ts'
import { useRealSockets } from '../support/real-sockets.ts'

const bill = (ticketId: string) => ({
  ticketId,
  cardNumber: demo.cards.anna,
  accountNumber: 'A-1',
  closedAt: new Date(),
  total: 12.5,
  currency: 'GBP',
})

describe('a service that is killed', () => {
  useRealSockets()
  let folder: string
  let core: CoreSimulator
  let adapter: AdapterProcess | undefined
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'killed-test-'))
    core = await startCoreSimulator({ limit: 'off' })
  })
  afterEach(async () => {
    await adapter?.kill9()
    await core.close()
    rmSync(folder, { recursive: true })
  })

  const start = async (env: Record<string, string> = {}) => {
    adapter = await startAdapterProcess({
      CORE_BASE_URL: core.url,
      CORE_RATE_LIMIT: '0',
      JOURNAL_PATH: join(folder, 'journal.sqlite'),
      ...env,
    })
    return adapter
  }
  const tillOf = ({ url }: AdapterProcess) =>
    createTill({ baseUrl: url, venueId: demo.venueId, apiKey: demo.apiKey })

  it('answers a repeat with the first answer after a restart', async () => {
    const debit = { cardNumber: demo.cards.anna, accountNumber: 'A-1', transactionId: 'P-1', points: 200 }
    const before = await start()
    const first = await tillOf(before).debit(debit)
    await before.kill9()
    const again = await tillOf(await start()).debit(debit)
    expect(again.reply).to.deep.include({
      response: 'OK',
      redemptionId: first.reply.redemptionId,
      points: 1050,
    })
    expect(core.points(demo.cards.anna)).to.equal(1050)
  })

  it('holds a debit that was under way when it died, and gives it back to a credit', async () => {
    // Long enough for a busy machine to start the next one before that time is over.
    const before = await start({ POS_DEADLINE_MS: '7000' })
    await tillOf(before).balance({ cardNumber: demo.cards.anna })
    const fault = core.faults.next({ operation: 'redeem', kind: 'hang', when: 'after' })
    const debit = {
      cardNumber: demo.cards.anna,
      accountNumber: 'A-1',
      transactionId: 'T-1',
      rewardId: demo.coupons.coffee,
    }
    const unanswered = tillOf(before)
      .debit(debit)
      .catch((error: unknown) => error)
    await fault.reached
    await before.kill9()
    expect(await unanswered)
      .to.have.nested.property('cause.code')
      .that.is.oneOf(['UND_ERR_SOCKET', 'ECONNRESET'])
    expect(core.coupon(demo.coupons.coffee)?.status).to.equal('redeemed')

    // Until the deadline and a second have passed nobody can know that its sender is gone.
    const patient = await start({ POS_DEADLINE_MS: '30000' })
    expect((await tillOf(patient).debit(debit)).reply.code).to.equal('TRY_AGAIN_SHORTLY')
    await patient.stop()
    const till = tillOf(await start({ POS_DEADLINE_MS: '2000' }))
    const credit = { cardNumber: demo.cards.anna, originalTransactionId: 'T-1' }
    let answer = await till.credit(credit)
    while (answer.reply.code === 'NOT_GIVEN_BACK_YET') answer = await till.credit(credit)
    expect(answer.reply).to.include({ response: 'OK' })
    expect(core.coupon(demo.coupons.coffee)?.status).to.equal('activated')
  })

  describe('before its tickets are in Kafka', () => {
    const broker = useOwnBroker()

    it('publishes every ticket that was answered OK, in order, after its restart', async function () {
      this.timeout(60_000)
      const topic = await createTopic(broker().brokers)
      const kafka = { KAFKA_BROKERS: broker().brokers.join(','), KAFKA_TOPIC: topic }
      // A broker that hangs keeps the tickets in the journal, however fast the relay is.
      process.kill(broker().pid()!, 'SIGSTOP')
      const before = await start(kafka)
      const ids = Array.from({ length: 30 }, (_, index) => `B-${index}`)
      const till = tillOf(before)
      for (const id of ids) expect((await till.ticket(bill(id))).reply).to.include({ accepted: true })
      await before.kill9()
      process.kill(broker().pid()!, 'SIGCONT')
      await start(kafka)
      // At least once: what the first process had handed over may come twice, and consumers drop it by ce_id.
      const distinct = (records: Consumed[]) => [...new Set(records.map(({ headers }) => headers.ce_subject))]
      const records = await readTopic(broker().brokers, topic, (seen) => distinct(seen).length === ids.length)
      expect(distinct(records)).to.deep.equal(ids)
    })
  })
})
