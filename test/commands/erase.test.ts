import { expect } from 'chai'
import { DatabaseSync } from 'node:sqlite'
import pg from 'pg'
import { createKeyedHash } from '../../src/model/keys.ts'
import { debitEntry } from '../diary/entries.ts'
import { readDiary } from '../diary/read-diary.ts'
import { writeDiary } from '../diary/write-diary.ts'
import { demo, openCounter, takeCoffee, takePoints, type Counter } from '../service/counter.ts'
import { askDatabase } from '../support/database-contents.ts'
import { journalEnv } from '../support/journal-url.ts'
import { usePostgres } from '../support/postgres-for-tests.ts'
import { useRealSockets } from '../support/real-sockets.ts'
import { cardHashKey, journalKeys } from '../support/test-journal.ts'
import type { CommandName } from './run-command.ts'
import { runCommand } from './run-here.ts'

const { anna, ben } = demo.cards
const keys = { JOURNAL_KEY: journalKeys[0]!, CARD_HASH_KEY: cardHashKey }
const cardHash = createKeyedHash(cardHashKey)(anna)
const dayMs = 24 * 60 * 60 * 1000
const makeDatabase = usePostgres()

for (const name of ['SQLite', 'PostgreSQL'])
  describe(`the command erase, on ${name},`, function () {
    // The first starts a process.
    this.timeout(60_000)
    useRealSockets()
    let counter: Counter
    let url: string
    let env: Record<string, string>
    beforeEach(async () => {
      if (name === 'PostgreSQL') url = await makeDatabase()
      const given = { ...keys, ...(name === 'PostgreSQL' && journalEnv(url)) }
      counter = await openCounter(given)
      env = { ...given, JOURNAL_PATH: counter.service.journalPath }
    })
    afterEach(() => counter.close())

    const runOther = (command: CommandName, words: string[]) => runCommand(command, words, env, `${anna}\n`)
    const run = (...words: string[]) => runOther('erase', words)
    const sql = async (statement: string) => {
      if (name === 'PostgreSQL') return await askDatabase(url, statement)
      using file = new DatabaseSync(counter.service.journalPath)
      return file.prepare(statement).all()
    }
    /** As if it had happened so much earlier. */
    const age = (ms: number) =>
      sql(`UPDATE redemptions SET key_until = key_until - ${ms}, changed_at = changed_at - ${ms}`)
    const redemptionsOfCard = () => sql(`SELECT id FROM redemptions WHERE card_hash = '${cardHash}'`)

    it('makes all that is remembered of a card anonymous, told first, and says what it cannot reach', async () => {
      const { till } = counter
      await till.debit(takePoints)
      await till.debit({ ...takePoints, cardNumber: ben, transactionId: 'P-2', points: 1 })
      await till.ticket({ ticketId: 'B-1', cardNumber: anna, closedAt: new Date(), total: Number.NaN })
      await readDiary(env, ({ length }) => length >= 3)
      await age(2 * dayMs)

      const told = await run('card')
      expect([told.code, told.stderr]).to.deep.equal([0, ''])
      expect(told.stdout)
        .to.match(
          /^Would be made anonymous; add --yes to do it:\n {2}redemptions: 1\n {2}rows of the diary: \d\n {2}dead letters, .+: 1\n/,
        )
        .and.to.match(/^What this cannot reach:\n {2}Kafka: .+\n {2}TRIFFT: .+\n {2}logs: /m)
      expect(await redemptionsOfCard()).to.have.length(1)

      const done = await run('card', '--yes')
      expect([done.code, done.stderr]).to.deep.equal([0, ''])
      expect(done.stdout).to.match(/^Erased, which cannot be undone:\n {2}redemptions: 1\n/)
      expect(done.stdout).not.to.contain(anna)
      expect(await redemptionsOfCard()).to.deep.equal([])
      const rows = await readDiary(env)
      expect(rows.map((row) => row.cardHash)).not.to.include(cardHash)
      // Of the other card all is there.
      expect(rows.filter((row) => row.cardHash !== undefined)).to.have.length(1)
      expect((await runOther('dead-letters', ['list'])).stdout).to.equal('there are no dead letters\n')
      expect((await runOther('bills', ['card'])).stderr).to.equal('nothing is known of this card\n')
      const [, ...listed] = (await runOther('redemptions', ['list', '--since', '7d'])).stdout
        .trim()
        .split('\n')
      expect(listed.map((line) => / (\*\w*) /.exec(line)?.[1]).toSorted()).to.deep.equal(['*', '*1002'])
    })

    // Both were once read by a look-up that stops at 500 rows.
    it('counts all rows of a busy card, and says of each of its tickets where Kafka has it', async () => {
      const nowMs = Date.now()
      const bills = Array.from({ length: 300 }, (_, index) => {
        const ids = { eventId: `event-${index}`, redemptionId: undefined }
        const facts = { topic: 'tickets', partition: 0, offset: String(index) }
        return [
          debitEntry(`B-${index}`, nowMs, { cardHash }),
          debitEntry(`B-${index}`, nowMs, { ...ids, cardHash, message: 'ticket' }),
          debitEntry(`B-${index}`, nowMs, { ...ids, cardHash: undefined, message: 'published', facts }),
        ]
      })
      await writeDiary(env, bills.flat())
      const { stdout } = await run('card')
      expect(stdout).to.match(/^ {2}rows of the diary: 600$/m)
      expect(stdout.match(/^ +topic tickets, partition 0, offset \d+$/gm)).to.have.length(300)
    })

    it('refuses what a till may still repeat, and says from when on it can be done', async () => {
      await counter.till.debit(takePoints)
      for (const words of [['card'], ['card', '--yes']]) {
        const { code, stdout, stderr } = await run(...words)
        expect([code, stdout]).to.deep.equal([1, ''])
        expect(stderr).to.match(
          /^nothing was erased:\n {2}redemption \S+ is still recognised .+\nIt can be done from \S+ on\.\n$/,
        )
        const [, fromText = ''] = /from (\S+) on/.exec(stderr) ?? []
        expect(Date.parse(fromText) - Date.now()).to.be.within(dayMs - 60_000, dayMs)
      }
      expect(await redemptionsOfCard()).to.have.length(1)
    })

    it('refuses what is open, and a ticket that waits for Kafka', async () => {
      counter.core.faults.next({ operation: 'redeem', kind: '500' })
      counter.core.faults.next({ operation: 'restore', kind: '500' })
      await counter.till.debit(takeCoffee)
      await counter.till.ticket({ ticketId: 'B-1', cardNumber: anna, closedAt: new Date(), total: 5 })
      const { code, stderr } = await run('card', '--yes')
      expect(code).to.equal(1)
      expect(stderr)
        .to.match(/^ {2}redemption \S+ is open: in_doubt$/m)
        .and.to.match(/^ {2}tickets of it wait for Kafka: 1$/m)
        .and.to.match(/^It can be done once what is open is settled, and a day later\.$/m)
      expect(await redemptionsOfCard()).to.have.length(1)
    })

    if (name === 'PostgreSQL')
      it('deletes a dead letter that came while it waited for its redemptions', async () => {
        await counter.till.debit(takePoints)
        while ((await sql('SELECT 1 FROM redemptions WHERE answered_at IS NOT NULL')).length === 0);
        await age(2 * dayMs)
        const holder = new pg.Client({ connectionString: url })
        await holder.connect()
        await holder.query('BEGIN; SELECT 1 FROM redemptions FOR UPDATE')
        const patient = { ...env, POS_DEADLINE_MS: '20000' }
        const erased = runCommand('erase', ['card', '--yes'], patient, `${anna}\n`)
        const isWaiting = `SELECT 1 FROM pg_locks WHERE NOT granted
          AND pid IN (SELECT pid FROM pg_locks WHERE relation = 'redemptions'::regclass)`
        while ((await holder.query(isWaiting)).rows.length === 0);
        await counter.till.ticket({
          ticketId: 'B-1',
          cardNumber: anna,
          closedAt: new Date(),
          total: Number.NaN,
        })
        await holder.end()
        expect((await erased).stdout).to.match(/^ {2}dead letters, .+: 1$/m)
        expect(await sql('SELECT id FROM dead_letters')).to.deep.equal([])
      })
  })

describe('the command erase', () => {
  it('is explained by --help, and takes no card number as an argument', async () => {
    expect((await runCommand('erase', ['--help'], keys)).stdout).to.match(/^Usage:\n {2}erase card /)
    for (const words of [[], ['card', anna], ['venue']])
      expect((await runCommand('erase', words, keys)).code).to.equal(64)
  })
})
