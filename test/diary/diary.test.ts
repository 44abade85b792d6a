import { expect } from 'chai'
import { existsSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { createKeyedHash } from '../../src/model/keys.ts'
import { developmentCardHashKey } from '../../src/config/combinations.ts'
import { demo, openCounter, takeCoffee, takePoints, type Counter } from '../service/counter.ts'
import { useBothEnvs } from '../support/both-envs.ts'
import { askDatabase } from '../support/database-contents.ts'
import { holdLock } from '../support/hold-lock.ts'
import { journalEnv } from '../support/journal-url.ts'
import { readTopic } from '../support/kafka-consumer.ts'
import { useKafka } from '../support/kafka-for-tests.ts'
import { createTopic } from '../support/kafka-topic.ts'
import { usePostgres } from '../support/postgres-for-tests.ts'
import { useRealSockets } from '../support/real-sockets.ts'
import { readDiary } from './read-diary.ts'

const { anna } = demo.cards
const bill = { ticketId: 'B-1', accountNumber: 'A-1', closedAt: new Date(), total: 5, currency: 'GBP' }
const cardHash = createKeyedHash(developmentCardHashKey)(anna)

const makeDatabase = usePostgres()
const places = useBothEnvs().map(({ name, makeEnv }) => ({
  name: name === 'SQLite' ? 'in a file' : 'in PostgreSQL',
  makeEnv,
}))

for (const { name, makeEnv } of places)
  describe(`the diary ${name}`, function () {
    this.timeout(30_000)
    useRealSockets()
    let counter: Counter
    let env: Record<string, string>
    const open = async (more: Record<string, string> = {}) => {
      counter = await openCounter({ ...env, ...more })
      env = { ...env, JOURNAL_PATH: counter.service.journalPath }
    }
    beforeEach(async () => void (env = await makeEnv()))
    afterEach(() => counter.close())

    const metric = async (series: string) => {
      const page = await (await fetch(`${counter.service.managementUrl}/metrics`)).text()
      return Number(
        page
          .split('\n')
          .find((line) => line.startsWith(`${series} `))
          ?.slice(series.length),
      )
    }
    const dropped = () => metric('zonal_diary_rows_total{result="dropped"}')
    const whenDropped = async (rows: number) => {
      while ((await dropped()) < rows);
    }

    it('has a row for each message of an approved venue, with what its log line says', async () => {
      await open()
      const { till, service } = counter
      await till.balance({ cardNumber: anna })
      const { reply } = await till.debit(takeCoffee)
      await till.debit({ ...takePoints, points: 1_000_000 })
      await till.ticket({ ...bill, cardNumber: anna })
      await till.ticket({ ...bill, cardNumber: anna })
      await till.ticket({ ...bill, total: Number.NaN })
      const rows = await readDiary(env, ({ length }) => length >= 6)
      const told = rows.map(({ message, code }) => `${message} ${code}`)
      expect(told).to.deep.equal([
        'balance OK',
        'debit OK',
        'debit POINTS_NOT_ENOUGH',
        'ticket OK',
        'ticket OK',
        'ticket MESSAGE_INVALID',
      ])
      const [balance, coffee, points, first, second, unread] = rows
      for (const row of rows) {
        const line = await service.line(({ requestId }) => requestId === row.requestId)
        expect(row).to.include({ venueId: line.venue, tenant: line.tenant, code: line.code })
        expect(row.facts).to.deep.include({ durationMs: line.durationMs, coreCalls: line.coreCalls })
      }
      expect(balance).to.include({ cardHash, cardMasked: `*${anna.slice(-4)}`, account: undefined })
      expect(coffee).to.include({ account: 'A-1', transactionId: 'T-1', redemptionId: reply.redemptionId })
      expect(coffee?.facts).to.include({ rewardId: demo.coupons.coffee })
      expect(points?.facts).to.include({ points: 1_000_000 })
      expect(first?.ticketId).to.equal('B-1')
      expect(second).to.include({ eventId: first?.eventId, cardHash })
      expect(unread?.facts).to.include({ isKept: true, field: 'total' })
    })

    it('has no row of who is not approved', async () => {
      await open()
      await counter.openTill({ apiKey: 'not-a-key' }).balance({ cardNumber: anna })
      await counter.till.balance({ cardNumber: anna })
      const rows = await readDiary(env, ({ length }) => length > 0)
      expect(rows.map(({ code }) => code)).to.deep.equal(['OK'])
    })

    it('says of a till that hung up what it would have heard', async () => {
      await open()
      const fault = counter.core.faults.next({ operation: 'redeem', kind: 'hang' })
      const gone = counter
        .openTill({ patienceMs: 1_500 })
        .debit(takeCoffee)
        .catch(() => undefined)
      await fault.reached
      await gone
      await fetch(counter.service.url)
      fault.release()
      const [row] = await readDiary(env, ({ length }) => length > 0)
      expect(row).to.include({ code: 'HUNG_UP', message: 'debit' })
      expect(row?.facts.unheardCode).to.be.a('string')
    })

    it('has each try to give back what is in doubt', async () => {
      await open()
      counter.core.faults.next({ operation: 'redeem', kind: '500', when: 'after' })
      await counter.till.debit(takeCoffee)
      const rows = await readDiary(env, (each) => each.some(({ message }) => message === 'undo'))
      const [debit, undo] = rows
      expect(debit).to.include({ code: 'NOT_REDEEMED' })
      expect(debit?.facts.coreCalls?.at(-1)).to.include({ operation: 'redeemCoupon', outcome: 'unknown' })
      expect(undo).to.include({ code: 'done', account: 'A-1', cardHash, redemptionId: debit?.redemptionId })
      expect(undo?.facts).to.include({ state: 'reversed' })
    })

    it('has what waits when the service stops', async () => {
      await open()
      await counter.till.balance({ cardNumber: anna })
      await counter.service.stop()
      expect(await readDiary(env)).to.have.length(1)
    })

    for (const off of ['DIARY_DAYS', 'DIARY_MAX_BYTES'])
      it(`is not there with ${off}=0`, async () => {
        await open({ [off]: '0' })
        expect((await counter.till.balance({ cardNumber: anna })).reply).to.include({ response: 'OK' })
        await counter.service.stop()
        expect(await readDiary(env)).to.deep.equal([])
        expect(existsSync(`${counter.service.journalPath}.diary`)).to.equal(false)
      })

    it('drops rows while its table is locked, counts them, and no till notices', async () => {
      await open()
      await counter.till.balance({ cardNumber: anna })
      await readDiary(env, ({ length }) => length > 0)
      const release = await holdLock(env, counter.service.journalPath)
      try {
        for (let asked = 0; asked < 3; asked++) {
          const sinceMs = performance.now()
          const { reply } = await counter.till.debit({
            ...takePoints,
            transactionId: `P-${asked}`,
            points: 1,
          })
          expect(reply).to.include({ response: 'OK' })
          expect(performance.now() - sinceMs).to.be.below(400)
        }
        await whenDropped(3)
      } finally {
        await release()
      }
      const said = await counter.service.line(({ msg }) => msg.startsWith('the diary cannot be written'))
      expect(said.level).to.equal('warn')
      await counter.till.debit({ ...takePoints, transactionId: 'P-9', points: 1 })
      await counter.service.line(({ msg }) => msg === 'the diary is written again')
      const rows = await readDiary(env, (each) => each.some(({ transactionId }) => transactionId === 'P-9'))
      expect(rows).to.have.length(2)
      const lines = counter.service.lines().filter(({ msg }) => msg.startsWith('the diary cannot be written'))
      expect(lines).to.have.length(1)
    })
  })

describe('a ticket in the diary', function () {
  this.timeout(60_000)
  useRealSockets()
  const brokers = useKafka()
  for (const { name, makeEnv } of places)
    it(`learns where Kafka has it, ${name}`, async () => {
      const topic = await createTopic(brokers(), { partitions: 3 })
      const kafka = { KAFKA_BROKERS: brokers().join(','), KAFKA_TOPIC: topic }
      const env = await makeEnv()
      const counter = await openCounter({ ...env, ...kafka })
      try {
        for (const ticketId of ['B-1', 'B-2', 'B-3'])
          await counter.till.ticket({ ...bill, ticketId, cardNumber: anna })
        const isPublished = ({ message }: { message: string }) => message === 'published'
        const read = { JOURNAL_PATH: counter.service.journalPath, ...env }
        const rows = await readDiary(read, (each) => each.filter(isPublished).length === 3)
        const records = await readTopic(brokers(), topic)
        const eventIds = rows.filter(({ message }) => message === 'ticket').map(({ eventId }) => eventId)
        expect(records.map(({ headers }) => headers.ce_id)).to.have.members(eventIds)
        for (const { eventId, facts } of rows.filter(isPublished)) {
          const record = records.find(({ headers }) => headers.ce_id === eventId)
          const { partition, offset } = record!
          expect(facts).to.deep.equal({ topic, partition, offset: String(offset) })
        }
      } finally {
        await counter.close()
      }
    })
})

describe('the diary in a file that is damaged', () => {
  useRealSockets()
  it('begins anew', async () => {
    const first = await openCounter()
    const env = { JOURNAL_PATH: first.service.journalPath }
    try {
      await first.service.stop()
      writeFileSync(`${first.service.journalPath}.diary`, 'x'.repeat(8192))
      const second = await openCounter(env)
      try {
        await second.till.balance({ cardNumber: anna })
        await second.service.line(({ msg }) => msg.startsWith('the diary was damaged'))
        expect(await readDiary(env, ({ length }) => length > 0)).to.have.length(1)
      } finally {
        await second.close()
      }
    } finally {
      await first.close()
    }
  })
})

describe('the journal beside the diary', () => {
  useRealSockets()
  it('has no table of it in a file, and none in its schema in PostgreSQL', async () => {
    const url = await makeDatabase()
    for (const env of [{}, journalEnv(url)]) {
      const counter = await openCounter(env)
      try {
        await counter.till.balance({ cardNumber: anna })
        await counter.service.stop()
        if (!('JOURNAL_URL' in env)) {
          using file = new DatabaseSync(counter.service.journalPath)
          expect(file.prepare(`SELECT 1 FROM sqlite_schema WHERE name LIKE 'entries%'`).all()).to.deep.equal(
            [],
          )
        }
      } finally {
        await counter.close()
      }
    }
    const schemas = await askDatabase(
      url,
      `SELECT DISTINCT schemaname FROM pg_tables WHERE tablename LIKE 'entries%'`,
    )
    expect(schemas).to.deep.equal([{ schemaname: 'diary' }])
  })
})
