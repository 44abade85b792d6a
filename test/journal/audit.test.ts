import { expect } from 'chai'
import { forEachDatabase } from '../support/both-databases.ts'
import { testAct } from '../support/test-act.ts'
import type { TestJournal } from '../support/test-journal.ts'

const dayMs = 24 * 60 * 60 * 1000

forEachDatabase((openTestJournal) => {
  describe('the audit', () => {
    let test: TestJournal
    beforeEach(async () => (test = await openTestJournal()))
    afterEach(() => test.end())

    const note = (target: string, act = testAct()) =>
      test.journal.acts.note({ name: 'find_card', target }, act)
    const lines = () => test.journal.lookUps.audit({ limit: 100 })

    for (const change of ["why = 'another'", "who = 'mo'", 'at = at + 1', "became = 'x'", "target = '*2002'"])
      it(`has no line that can be changed by SQL: ${change}`, async () => {
        await note('*1001')
        const before = await lines()
        let error: unknown
        await test.sql(`UPDATE audit SET ${change}`).catch((thrown: unknown) => (error = thrown))
        expect(error)
          .to.be.instanceOf(Error)
          .with.property('message')
          .that.includes('a line of the audit cannot be changed')
        expect(await lines()).to.deep.equal(before)
      })

    it('has each line once for its id, with all that is known of the act', async () => {
      const act = testAct({ address: '2001:db8::1' })
      for (let times = 0; times < 3; times++) await note('*1001', act)
      expect(await lines()).to.deep.equal([
        {
          ...{ sequence: 1, atMs: test.clock.nowMs(), act: 'find_card', target: '*1001' },
          ...{ before: undefined, after: undefined },
          ...act,
        },
      ])
    })

    it('is kept for 400 days', async () => {
      await note('*1001')
      test.clock.pass(399 * dayMs)
      await note('*2002')
      await test.journal.tidy()
      expect((await lines()).map(({ target }) => target)).to.deep.equal(['*2002', '*1001'])
      test.clock.pass(2 * dayMs)
      await test.journal.tidy()
      expect((await lines()).map(({ target }) => target)).to.deep.equal(['*2002'])
    })
  })
})
