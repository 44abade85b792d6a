import { testAct } from '../support/test-act.ts'
import { expect } from 'chai'
import { toCredentials } from '../../src/model/keys.ts'
import { migrations } from '../../src/journal/postgres/migrations.ts'
import { redemptionStates } from '../../src/redemptions/redemption.ts'
import { openOnPostgres } from '../support/both-databases.ts'
import { askDatabase, describeSchema, readContents } from '../support/database-contents.ts'
import { usePostgres } from '../support/postgres-for-tests.ts'
import { runSql } from '../support/postgres-database.ts'
import { frozenSchemas, migrateTo, nextMigrations } from '../support/schemas.ts'
import { createTestParts, type TestJournal } from '../support/test-journal.ts'

const releases = { 'by this release': migrations, 'by the next one': nextMigrations }

for (const { version, sql } of frozenSchemas)
  describe(`a PostgreSQL journal of the release with schema ${version}`, () => {
    const makeDatabase = usePostgres()
    let url: string
    beforeEach(async () => {
      url = await makeDatabase()
      await runSql(url, sql)
    })

    it('has every state of a redemption, and something in every table', async () => {
      const states = await askDatabase(url, 'SELECT DISTINCT state FROM redemptions')
      expect(states.map(({ state }) => state)).to.have.members([...redemptionStates])
      for (const [table, rows] of Object.entries(await readContents(url)))
        expect(rows, table).not.to.have.length(0)
    })

    // Databases that exist have run the migration as it was: a change of it would reach new ones only.
    it('has the schema that its migrations still make', async () => {
      const made = await makeDatabase()
      await migrateTo(made, migrations.slice(0, version))
      expect(await describeSchema(made)).to.deep.equal(await describeSchema(url))
    })

    for (const [by, release] of Object.entries(releases))
      it(`gets the same schema as a new one, and keeps what it holds: ${by}`, async () => {
        const before = await readContents(url)
        await migrateTo(url, release)
        const made = await makeDatabase()
        await migrateTo(made, release)
        expect(await describeSchema(url)).to.deep.equal(await describeSchema(made))

        const { schema_versions: versions, ...after } = await readContents(url)
        const { minCodeVersion } = release.at(-1)!
        expect(versions).to.deep.equal([
          { only: 1, schema_version: release.length, min_code_version: minCodeVersion },
        ])
        const { schema_versions: _, ...kept } = before
        for (const [table, rows] of Object.entries(kept)) {
          expect(after[table], table).to.have.length(rows.length)
          rows.forEach((row, index) => expect(after[table]?.[index], table).to.deep.include(row))
        }
      })

    for (const [by, release] of Object.entries(releases))
      describe(`once it is migrated ${by}`, () => {
        let test: TestJournal
        beforeEach(async () => {
          const parts = createTestParts()
          const [last] = await askDatabase(url, 'SELECT max(changed_at) AS ms FROM redemptions')
          parts.clock.pass(Number(last?.ms) - parts.clock.nowMs())
          test = await openOnPostgres(url, { parts, release: { migrations: release } })
        })
        afterEach(() => test.end())

        it('still has its redemptions, and gives back what is in doubt', async () => {
          const { journal } = test
          const rows = await askDatabase(url, 'SELECT id, state FROM redemptions')
          for (const { id, state } of rows)
            expect(await journal.findRedemption(String(id))).to.include({ state })
          expect(await journal.stuckRedemptions()).to.have.length(1)
          test.clock.pass(20_000)
          const due = await journal.dueUndos(9)
          const begun = await Promise.all(due.map((row) => journal.beginUndo(row)))
          expect(begun.map((undo) => undo?.redemption.key)).to.have.members([
            ...['T-in-doubt', 'T-in-doubt-with-the-card-in-its-coupon', 'T-sent'],
            ...['T-confirmed-unanswered', 'T-being-credited'],
          ])
          for (const undo of begun) expect(undo?.secret).to.have.all.keys('cardNumber', 'apiKey')
        })

        it('still has its tickets and dead letters, and takes further ones after them', async () => {
          const { journal } = test
          const waiting = await journal.waitingTickets(9)
          expect(waiting.map(({ eventId }) => eventId)).to.deep.equal(['waiting-1', 'waiting-2'])
          const letters = await journal.deadLetters()
          expect(letters.map(({ kind }) => kind)).to.have.members(['message', 'ticket'])
          for (const { id } of letters) await journal.lookUps.openDeadLetter(id)
          await journal.acts.requeueTicket('refused-by-kafka', testAct())
          expect((await journal.waitingTickets(9)).map(({ eventId }) => eventId)).to.deep.equal([
            ...['waiting-1', 'waiting-2', 'refused-by-kafka'],
          ])
        })

        it('still knows its tills, and how many calls the core has counted', async () => {
          const { journal } = test
          expect(await journal.findApproval(toCredentials('1902', 'key-of-the-project'))).to.have.property(
            'venue',
          )
          const wanted = { count: 1, max: 2, limit: 2, holdMs: 1, windowMs: 1 } as const
          const take = (scope: string) => journal.sharedBudget!.take(scope, wanted, [])
          expect(await take('all')).to.include({ reason: 'no_slot' })
          expect(await take('of-another-key')).to.include({ reason: 'blocked' })
        })
      })
  })
