import { expect } from 'chai'
import { forEachDatabase } from '../support/both-databases.ts'
import { sendNext, settleDebit } from '../support/redemption.ts'
import { stuckDebit } from '../support/stuck-redemption.ts'
import { unreadMessage, type TestJournal } from '../support/test-journal.ts'
import type { Listed } from '../../src/journal/paging.ts'

// What was written in the same millisecond as the last row of a page was on no page: a refused batch is.
forEachDatabase((openTestJournal) => {
  describe('a list by pages has every row once, also those of one millisecond:', () => {
    let test: TestJournal
    beforeEach(async () => (test = await openTestJournal()))
    afterEach(() => test.end())

    /** @param list returns a page behind a row, and the time of each row */
    async function allOf<Row extends { id: string }>(
      list: (after: Listed | undefined) => Promise<Row[]>,
      timeOf: (row: Row) => number,
    ) {
      const found: string[] = []
      for (let after: Listed | undefined; ;) {
        const page = await list(after)
        found.push(...page.map(({ id }) => id))
        const last = page.at(-1)
        if (!last) return found
        after = { atMs: timeOf(last), id: last.id }
      }
    }

    it('dead letters', async () => {
      for (let at = 0; at < 7; at++) {
        if (at === 5) test.clock.pass(1)
        await test.journal.keepDeadLetter(unreadMessage(`{"at":${at}`))
      }
      for (const venueId of [undefined, '1902']) {
        const found = await allOf(
          (after) => test.journal.lookUps.listDeadLetters({ venueId, limit: 2, after }),
          ({ keptAtMs }) => keptAtMs,
        )
        expect(found).to.have.length(7)
        expect(new Set(found)).to.have.length(7)
      }
    })

    it('redemptions that are open, and some that are settled', async () => {
      for (let at = 0; at < 8; at++) {
        const begun = await test.journal.beginDebit(
          { ...stuckDebit, key: `T-${at}`, cardHash: `card-${at}` },
          sendNext,
        )
        if (begun.do !== 'send') throw new Error('was not sent')
        const outcome = at % 2 === 0 ? { kind: 'unknown' } : { kind: 'refused', code: 'REFUSED' }
        await settleDebit(test.journal, begun.redemption.id, outcome as { kind: 'unknown' })
      }
      const found = await allOf(
        (after) =>
          test.journal.lookUps.listRedemptions({
            ...{ states: undefined, venueId: undefined, sinceMs: 0, limit: 3 },
            ...(after && { after }),
          }),
        ({ changedAtMs }) => changedAtMs,
      )
      expect(found).to.have.length(8)
      expect(new Set(found)).to.have.length(8)
    })
  })
})
