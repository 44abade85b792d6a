import { expect } from 'chai'
import { openOnPostgres } from '../support/both-databases.ts'
import { usePostgres } from '../support/postgres-for-tests.ts'
import { testAct } from '../support/test-act.ts'
import { unreadMessage, type TestJournal } from '../support/test-journal.ts'

describe('an act that comes twice at once, on PostgreSQL,', () => {
  const makeDatabase = usePostgres()
  let test: TestJournal
  beforeEach(async () => (test = await openOnPostgres(await makeDatabase())))
  afterEach(() => test.end())

  // It looks for the act, then for the dead letter. If the first was done in between, the second heard that there was
  // nothing to be done.
  for (const { who, isDone } of [
    { who: 'the same form', isDone: true },
    { who: 'another form', isDone: false },
  ])
    it(`${isDone ? 'is' : 'is not'} done if ${who} has deleted the dead letter between its looks`, async () => {
      await test.journal.keepDeadLetter(unreadMessage('{}'))
      const [{ id } = { id: '' }] = await test.journal.deadLetters()
      const act = testAct()
      const first = isDone ? act : testAct()
      await test.sql('BEGIN')
      await test.sql('LOCK TABLE dead_letters IN ACCESS EXCLUSIVE MODE')
      const dropped = test.journal.acts.dropDeadLetter(id, 'drop', act)
      const isWaiting = `SELECT 1 FROM pg_locks WHERE relation = 'dead_letters'::regclass AND NOT granted`
      while ((await test.sql(isWaiting)).length === 0);
      await test.sql(`DELETE FROM dead_letters WHERE id = '${id}'`)
      await test.sql(`INSERT INTO audit (id, at, who, by_what, act, target, became)
        VALUES ('${first.id}', ${test.clock.nowMs()}, '${first.who}', 'console', 'drop', '${id}', 'deleted')`)
      await test.sql('COMMIT')
      expect(await dropped).to.equal(isDone)
      expect(await test.journal.lookUps.audit({ limit: 10 })).to.have.length(1)
    })
})
