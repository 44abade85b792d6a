import { expect } from 'chai'
import { startCoreSimulator, type CoreSimulator } from '../simulators/core.ts'
import { startAdapterProcess, type AdapterProcess } from '../support/adapter-process.ts'
import { journalEnv } from '../support/journal-url.ts'
import { readTopic } from '../support/kafka-consumer.ts'
import { useKafka } from '../support/kafka-for-tests.ts'
import { createTopic } from '../support/kafka-topic.ts'
import { readSql } from '../support/postgres-database.ts'
import { pendingWithoutPostgres } from '../support/postgres-for-tests.ts'
import { startPair, type Pair } from '../support/postgres-pair.ts'
import { useRealSockets } from '../support/real-sockets.ts'
import { countTaken } from '../torture/audit.ts'
import { apiKey, projectOf, startPoints } from '../torture/project.ts'
import { createStubbornTill } from './stubborn-till.ts'

const tillCount = 8
/** From the return of the database, under the same address, until everything works again by itself. */
const worksAgainWithinMs = 5_000

describe('a failover of the database to its synchronous standby', function () {
  this.timeout(120_000)
  useRealSockets()
  const brokers = useKafka()
  let pair: Pair
  let core: CoreSimulator
  let adapters: AdapterProcess[]
  let topic: string
  const { project, venueIds, cards } = projectOf({ venues: 1, cards: tillCount + 2, couponsOfCard: 0 })
  before(async function () {
    await pendingWithoutPostgres(this)
    pair = await startPair()
    core = await startCoreSimulator({ limit: 'off', projects: [project] })
    topic = await createTopic(brokers())
    const env = {
      ...journalEnv(pair.url),
      CORE_BASE_URL: core.url,
      CORE_RATE_LIMIT: '0',
      KAFKA_BROKERS: brokers().join(),
      KAFKA_TOPIC: topic,
    }
    adapters = await Promise.all([startAdapterProcess(env), startAdapterProcess(env)])
  })
  after(async () => {
    for (const adapter of adapters ?? []) await adapter.kill9()
    await core?.close()
    await pair?.stop()
  })

  it('loses nothing that was answered, takes nothing twice, and works again within 5 s', async () => {
    const tills = Array.from({ length: tillCount }, (_, index) => tillAt(adapters, index))
    let isOpen = true
    const serving = Promise.all(
      tills.map(async (till) => {
        while (isOpen) await till.serve()
      }),
    )
    let debits = 0
    await core.call(({ operation }) => operation === 'debit' && ++debits === 5 * tillCount)
    await pair.failOver()
    const backAtMs = performance.now()
    await Promise.all(adapters.map((adapter, index) => tillAt([adapter], tillCount + index).serve()))
    expect(performance.now() - backAtMs, 'ms until both replicas work').to.be.below(worksAgainWithinMs)
    isOpen = false
    await serving

    // The core would tell a repeat what its first try has taken, even if the journal has lost that.
    const ids = (await readSql(pair.url, 'SELECT id FROM redemptions')).map(({ id }) => id)
    const told = tills.flatMap(({ told }) => told.debits.map(({ redemptionId }) => redemptionId))
    expect(ids).to.include.members(told)
    const strangers = await Promise.all(tills.map(({ repeatAll }) => repeatAll()))
    expect(strangers.flat(), 'what was answered and is not known any more').to.deep.equal([])
    await settled(adapters[0]!)
    const taken = countTaken(core.movements())
    for (const { cardNumber, told } of tills) {
      for (const { redemptionId, isGivenBack } of told.debits)
        expect(taken.get(redemptionId), `${redemptionId} is taken so often`).to.equal(isGivenBack ? 0 : 1)
      const points = told.debits.filter(({ isGivenBack }) => !isGivenBack).length
      expect(core.points(cardNumber), cardNumber).to.equal(startPoints - points)
    }
    const ticketIds = tills.flatMap(({ told }) => told.ticketIds)
    const hasAll = (seen: { headers: Record<string, string> }[]) =>
      new Set(ticketIds).isSubsetOf(new Set(seen.map(({ headers }) => headers.ce_subject)))
    await readTopic(brokers(), topic, hasAll)
  })

  const tillAt = (at: AdapterProcess[], index: number) =>
    createStubbornTill({
      urls: at.map(({ url }) => url),
      venueId: venueIds[0]!,
      apiKey,
      name: `T${index}`,
      cardNumber: cards[index]!,
    })
})

/** What was in doubt when the primary died is given back by then. */
async function settled({ managementUrl }: AdapterProcess) {
  const countOpen = async () => {
    const page = await (await fetch(`${managementUrl}/metrics`)).text()
    const values = page.matchAll(/^zonal_redemptions\{.*\} (\d+)$/gm)
    return [...values].reduce((sum, [, value]) => sum + Number(value), 0)
  }
  while ((await countOpen()) > 0);
}
