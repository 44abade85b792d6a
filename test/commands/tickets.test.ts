import { expect } from 'chai'
import { debitEntry } from '../diary/entries.ts'
import { readDiary } from '../diary/read-diary.ts'
import { writeDiary } from '../diary/write-diary.ts'
import { demo, openCounter, type Counter } from '../service/counter.ts'
import { readTopic } from '../support/kafka-consumer.ts'
import { useKafka } from '../support/kafka-for-tests.ts'
import { createTopic } from '../support/kafka-topic.ts'
import { useBothEnvs } from '../support/both-envs.ts'
import { useRealSockets } from '../support/real-sockets.ts'
import { cardHashKey, journalKeys } from '../support/test-journal.ts'
import { runCommand } from './run-here.ts'

const keys = { JOURNAL_KEY: journalKeys[0]!, CARD_HASH_KEY: cardHashKey }
const ticket = {
  ticketId: 'B-77',
  cardNumber: demo.cards.anna,
  accountNumber: 'A-1',
  total: 5,
  currency: 'GBP',
}
const dayMs = 24 * 60 * 60 * 1000

for (const { name, makeEnv } of useBothEnvs())
  describe(`the command tickets, on ${name},`, function () {
    // The first starts a process.
    this.timeout(60_000)
    useRealSockets()
    const brokers = useKafka()
    let given: Record<string, string>
    let counter: Counter
    let env: Record<string, string>
    const open = async (more: Record<string, string> = {}) => {
      counter = await openCounter({ ...given, ...more })
      env = { ...given, JOURNAL_PATH: counter.service.journalPath }
    }
    beforeEach(async () => void (given = { ...(await makeEnv()), ...keys }))
    afterEach(() => counter.close())

    const run = (...words: string[]) => runCommand('tickets', words, env)
    const json = async (...words: string[]) => JSON.parse((await run(...words, '--json')).stdout)

    it('says that a ticket waits, and where Kafka has it once it is there', async () => {
      await open()
      await counter.till.ticket({ ...ticket, closedAt: new Date() })
      await readDiary(env, ({ length }) => length > 0)
      expect((await run('find', 'B-77')).stdout).to.match(
        /^TICKET .*\nB-77 +\S+ +1902 +A-1 +\S+ +taken, and waiting for Kafka\n$/,
      )
      await counter.service.stop()

      const topic = await createTopic(brokers(), { partitions: 3 })
      const kafka = { KAFKA_BROKERS: brokers().join(','), KAFKA_TOPIC: topic }
      const again = await openCounter({ ...env, ...kafka })
      try {
        await readDiary(env, (rows) => rows.some(({ message }) => message === 'published'))
        const [record] = await readTopic(brokers(), topic)
        const shown = await run('show', 'B-77')
        expect([shown.code, shown.stderr]).to.deep.equal([0, ''])
        expect(shown.stdout).to.match(
          new RegExp(
            `^state +in Kafka since \\S+: topic ${topic}, partition ${record!.partition}, offset ${record!.offset}$`,
            'm',
          ),
        )
        expect(await json('show', String(record!.headers.ce_id))).to.include({
          ticketId: 'B-77',
          venueId: '1902',
        })
      } finally {
        await again.close()
      }
    })

    it('shows an unreadable ticket as a dead letter, and says if there is no such ticket', async () => {
      await open()
      await counter.till.ticket({ ...ticket, total: Number.NaN, closedAt: new Date() })
      const [row] = await readDiary(env, ({ length }) => length > 0)
      expect(row?.facts.isKept).to.equal(true)
      const found = await run('find', row!.requestId!)
      expect(found.stdout).to.match(/not read \(MESSAGE_INVALID\), and kept as a dead letter\n$/)
      const none = await run('show', 'B-99')
      expect([none.code, none.stderr]).to.deep.equal([1, 'there is no ticket B-99\n'])
    })

    it('lists each event of a ticket id that came more than once, and shows only one that is named', async () => {
      await open()
      await counter.till.ticket({ ...ticket, closedAt: new Date() })
      await counter.till.ticket({ ...ticket, closedAt: new Date(), total: 6 })
      await readDiary(env, ({ length }) => length === 2)
      const found = await json('find', 'B-77')
      expect(found).to.have.length(2)
      expect((await run('show', 'B-77')).stderr).to.match(/^there are 2 tickets with the id B-77/)
      expect(await json('show', found[1].eventId)).to.deep.equal(found[1])
    })

    it('knows without a diary only the event', async () => {
      await open({ DIARY_DAYS: '0' })
      await counter.till.ticket({ ...ticket, closedAt: new Date() })
      expect((await run('find', 'B-77')).code).to.equal(1)
      const line = await counter.service.line(({ eventId }) => eventId !== undefined)
      const eventId = String(line.eventId)
      for (const written of [eventId, eventId.toUpperCase()])
        expect(await json('show', written)).to.include({ eventId })
    })

    it('lists venues that usually speak at this time and have not', async () => {
      await open()
      await counter.till.balance({ cardNumber: demo.cards.anna })
      await readDiary(env, ({ length }) => length > 0)
      const nowMs = Date.now()
      const spoke = (venueId: string, daysAgo: number) =>
        debitEntry(`${venueId}-${daysAgo}`, nowMs - daysAgo * dayMs - 60_000, { venueId })
      const days = [1, 2, 3, 4, 5]
      await writeDiary(env, [
        ...days.flatMap((daysAgo) => ['1902', '2001'].map((venueId) => spoke(venueId, daysAgo))),
        // Closed on most days.
        ...[1, 2].map((daysAgo) => spoke('3003', daysAgo)),
      ])
      const silent = await run('silent')
      expect([silent.code, silent.stderr]).to.deep.equal([0, ''])
      expect(silent.stdout).to.match(/^VENUE .*\n2001 +\S+ +5 of 7\n$/)
      expect(await json('silent')).to.deep.equal([
        { venueId: '2001', spokenOnDays: 5, lastHeardAtMs: nowMs - dayMs - 60_000 },
      ])
    })
  })

describe('the command tickets', () => {
  it('is explained by --help, and says what is wrong with its words', async () => {
    expect((await runCommand('tickets', ['--help'], keys)).stdout).to.match(/^Usage:\n  tickets find ID /)
    for (const words of [
      [],
      ['find'],
      ['show', 'X', 'Y'],
      ['silent', 'X'],
      ['silent', '--hours', '0'],
      ['find', 'X', '--hours', '1'],
    ]) {
      const { code, stdout } = await runCommand('tickets', words, keys)
      expect([code, stdout], words.join(' ')).to.deep.equal([64, ''])
    }
  })
})
