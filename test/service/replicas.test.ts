import { expect } from 'chai'
import { demo } from '../simulators/core/demo-project.ts'
import { startCoreSimulator, type CoreSimulator } from '../simulators/core.ts'
import { createTill } from '../simulators/till.ts'
import { startCountingProxy } from '../support/counting-proxy.ts'
import { startCuttingProxy } from '../support/cutting-proxy.ts'
import { startAdapterProcess, type AdapterProcess, type LogLine } from '../support/adapter-process.ts'
import { journalEnv } from '../support/journal-url.ts'
import { readTopic } from '../support/kafka-consumer.ts'
import { useKafka } from '../support/kafka-for-tests.ts'
import { createTopic } from '../support/kafka-topic.ts'
import { usePostgres } from '../support/postgres-for-tests.ts'
import { useRealSockets } from '../support/real-sockets.ts'
import { takeCoffee } from './counter.ts'

const { anna } = demo.cards
const worksAgainWithinMs = 5_000

describe('two replicas on one PostgreSQL', function () {
  this.timeout(60_000)
  useRealSockets()
  const makeDatabase = usePostgres()
  const brokers = useKafka()
  let core: CoreSimulator
  let url: URL
  let adapters: AdapterProcess[]
  beforeEach(async () => {
    core = await startCoreSimulator()
    url = new URL(await makeDatabase())
    adapters = []
  })
  afterEach(async () => {
    await Promise.all(adapters.map((adapter) => adapter.kill9()))
    await core.close()
  })

  it('serve a checkout whose messages alternate between them', async () => {
    const topic = await createTopic(brokers())
    const kafka = { KAFKA_BROKERS: brokers().join(','), KAFKA_TOPIC: topic }
    const [first, second] = [tillOf(await start(kafka)), tillOf(await start(kafka))]
    expect((await first.balance({ cardNumber: anna })).reply).to.include({ response: 'OK' })
    const debited = await second.debit(takeCoffee)
    expect(debited.reply).to.include({ response: 'OK' })
    const repeated = await first.debit(takeCoffee)
    expect(repeated.reply.redemptionId).to.equal(debited.reply.redemptionId)
    const credit = { cardNumber: anna, originalTransactionId: 'T-1' }
    expect((await first.credit(credit)).reply).to.include({ response: 'OK' })
    expect((await second.credit(credit)).reply).to.include({ response: 'OK' })
    expect(core.coupon(demo.coupons.coffee)?.status).to.equal('activated')
    const bill = {
      cardNumber: anna,
      accountNumber: 'A-1',
      closedAt: new Date(),
      total: 12.5,
      currency: 'GBP',
    }
    for (const [index, till] of [first, second, first].entries())
      expect((await till.ticket({ ...bill, ticketId: `B-${index}` })).reply).to.include({ accepted: true })
    const records = await readTopic(brokers(), topic, (seen) => seen.length === 3)
    expect(records.map(({ headers }) => headers.ce_subject)).to.deep.equal(['B-0', 'B-1', 'B-2'])
  })

  it('take a reward once if the same debit reaches both at once', async () => {
    const tills = [tillOf(await start()), tillOf(await start())]
    for (const till of tills) await till.balance({ cardNumber: anna })
    const points = { cardNumber: anna, accountNumber: 'A-1', transactionId: 'P-1', points: 200 }
    const heard = await Promise.all(tills.map((till) => till.debit(points)))
    expect(heard.map(({ reply }) => reply.response)).to.deep.equal(['OK', 'OK'])
    expect(new Set(heard.map(({ reply }) => reply.redemptionId)).size).to.equal(1)
    expect(core.points(anna)).to.equal(1050)
  })

  it('do not show a reward from memory that the other has taken', async () => {
    const [first, second] = [tillOf(await start()), tillOf(await start())]
    const rewardsAt = async (till: typeof first) =>
      ((await till.balance({ cardNumber: anna })).reply.rewards ?? []).map(({ id }) => id)
    expect(await rewardsAt(first)).to.include(demo.coupons.coffee)
    expect((await second.debit(takeCoffee)).reply).to.include({ response: 'OK' })
    // Fresh for 5 s, unless it was dropped.
    const sinceMs = performance.now()
    while ((await rewardsAt(first)).includes(demo.coupons.coffee));
    expect(performance.now() - sinceMs).to.be.below(2_500)
  })

  it('need at most nine round trips to the database before a debit is answered', async () => {
    const proxy = await startCountingProxy(url.href)
    try {
      url = new URL(proxy.url)
      const till = tillOf(await start({ CORE_RATE_LIMIT: '500' }))
      const counts: number[] = []
      for (let debits = 0; debits < 5; debits++) {
        // The work that follows an OK is over.
        await proxy.whenQuiet(100)
        const before = proxy.queries.length
        const debit = { cardNumber: anna, accountNumber: 'A-1', transactionId: `P-${debits}`, points: 1 }
        expect((await till.debit(debit)).reply).to.include({ response: 'OK' })
        // No answer waits for a notice.
        counts.push(proxy.queries.slice(before).filter((sql) => !sql.includes('pg_notify')).length)
      }
      // The undo worker and others ask too, now and then.
      expect(Math.min(...counts)).to.be.within(1, 9)
    } finally {
      proxy.stop()
    }
  })

  it('lock out together a guesser who tries both', async () => {
    const adapters = [await start({ CORE_RATE_LIMIT: '500' }), await start({ CORE_RATE_LIMIT: '500' })]
    let guesses = 0
    const guess = async (at: number) => {
      const apiKey = `a-guess-${guesses++}`
      const till = createTill({ baseUrl: adapters[at]!.url, venueId: demo.venueId, apiKey })
      return (await till.balance({ cardNumber: anna })).reply.code
    }
    for (let times = 0; times < 5; times++)
      for (const at of [0, 1]) expect(await guess(at)).to.equal('CREDENTIALS_WRONG')
    // The notice of the last guess may still be on its way.
    while ((await guess(0)) !== 'CREDENTIALS_LOCKED');
    while ((await guess(1)) !== 'CREDENTIALS_LOCKED');
    expect(guesses).to.be.at.most(15)
  })

  it('give back what one of them had under way when it was killed, within 15 s of its deadline', async () => {
    const [first, second] = [await start(), await start()]
    await tillOf(first).balance({ cardNumber: anna })
    const fault = core.faults.next({ operation: 'redeem', kind: 'hang', when: 'after' })
    const unanswered = tillOf(first)
      .debit(takeCoffee)
      .catch((error: unknown) => error)
    await fault.reached
    const reachedMs = performance.now()
    await first.kill9()
    await unanswered
    expect(core.coupon(demo.coupons.coffee)?.status).to.equal('redeemed')
    await second.line(({ msg, state }) => msg === 'undo' && state === 'reversed')
    expect(performance.now() - reachedMs).to.be.below(17_500)
    expect(core.coupon(demo.coupons.coffee)?.status).to.equal('activated')
  })

  it('send tickets from the other within 8 s after the one that sends them is killed', async () => {
    const topic = await createTopic(brokers())
    const kafka = { KAFKA_BROKERS: brokers().join(','), KAFKA_TOPIC: topic }
    const sends = ({ msg }: { msg: string }) => msg === 'this replica publishes the tickets now'
    const first = await start(kafka)
    await first.line(sends)
    const second = await start(kafka)
    await first.kill9()
    const killedMs = performance.now()
    await second.line(sends)
    expect(performance.now() - killedMs).to.be.below(8_000)
  })

  it('refuse what they cannot write down while the database is down, send nothing to the core, and recover', async () => {
    const proxy = await startCuttingProxy(url.href)
    try {
      url = new URL(proxy.url)
      const adapter = await start({ POS_DEADLINE_MS: '7000' })
      // When it begins to hear the others, it forgets all balances: that must be over before the first one.
      await adapter.line(isHeard)
      const till = tillOf(adapter)
      expect((await till.balance({ cardNumber: anna })).reply).to.include({ response: 'OK' })
      const calls = core.calls.length
      proxy.refuse()
      proxy.cut()
      const [debit, ticket] = await Promise.all([
        till.debit(takeCoffee),
        till.ticket({ ticketId: 'B-1', cardNumber: anna, closedAt: new Date(), total: 1, currency: 'GBP' }),
      ])
      expect(debit.reply).to.include({ code: 'STORAGE_UNAVAILABLE', retry: true })
      expect(ticket.reply).to.include({ code: 'STORAGE_UNAVAILABLE', retry: true })
      const balances = [anna, demo.cards.ben].map((cardNumber) => till.balance({ cardNumber }))
      const [known, unknown] = await Promise.all(balances)
      expect(known?.reply, 'from memory').to.include({ response: 'OK' })
      expect(unknown?.reply).to.include({ code: 'CORE_BUSY' })
      expect(core.calls).to.have.length(calls)
      await proxy.heal()
      const healedAtMs = performance.now()
      while ((await till.debit(takeCoffee)).reply.response !== 'OK')
        expect(performance.now() - healedAtMs, 'ms until it works again').to.be.below(worksAgainWithinMs)
    } finally {
      proxy.stop()
    }
  })

  it('log each time when they stop hearing each other, and when they hear each other again', async () => {
    const proxy = await startCuttingProxy(url.href)
    try {
      url = new URL(proxy.url)
      const { lines, line } = await start()
      const said = () =>
        lines.map(({ msg }) => msg).filter((msg) => msg.includes('the notices of other replicas'))
      await line(isHeard)
      for (const loss of [1, 2]) {
        proxy.refuse()
        proxy.cut()
        await line(() => said().length === 2 * loss)
        await proxy.heal()
        await line(() => said().length === 2 * loss + 1)
      }
      const [heard, notHeard] = [
        'listening to the notices of other replicas',
        'cannot listen to the notices of other replicas',
      ]
      expect(said()).to.deep.equal([heard, notHeard, heard, notHeard, heard])
    } finally {
      proxy.stop()
    }
  })

  async function start(env: Record<string, string> = {}): Promise<AdapterProcess> {
    const adapter = await startAdapterProcess({
      CORE_BASE_URL: core.url,
      ...journalEnv(url.href),
      ...env,
    })
    adapters.push(adapter)
    return adapter
  }
})

function isHeard({ msg }: LogLine): boolean {
  return msg === 'listening to the notices of other replicas'
}

function tillOf({ url }: AdapterProcess) {
  return createTill({ baseUrl: url, venueId: demo.venueId, apiKey: demo.apiKey })
}
