import { expect } from 'chai'
import { DatabaseSync } from 'node:sqlite'
import type { Venue } from '../../src/model/words.ts'
import { toCredentials } from '../../src/model/keys.ts'
import { whereOpen } from '../../src/journal/redemption-row.ts'
import { createRedemptionRows } from '../../src/journal/redemption-rows.ts'
import { forgetSql, retentionRules } from '../../src/journal/retention.ts'
import { checkSealKeys } from '../../src/journal/seal-keys.ts'
import { createSeal } from '../../src/journal/seal.ts'
import { readStats } from '../../src/journal/stats.ts'
import type { Work } from '../../src/journal/work.ts'
import { forEachDatabase } from '../support/both-databases.ts'
import { closedBill } from '../tickets/closed-bill.ts'
import { getStuck, stuckDebit } from '../support/stuck-redemption.ts'
import { journalKeys, openTestJournal, unreadMessage, type TestJournal } from '../support/test-journal.ts'
import { confirmed as takenByCore, sendNext, settleByOperator, settleDebit } from '../support/redemption.ts'

const dayMs = 24 * 60 * 60 * 1000

forEachDatabase((openTestJournal) => {
  describe('housekeeping', () => {
    let test: TestJournal
    beforeEach(async () => (test = await openTestJournal()))
    afterEach(() => test.end())

    const rowsOf = async (table: string): Promise<number> => {
      const [counted] = await test.sql(`SELECT count(*) AS rows FROM ${table}`)
      return Number(counted?.rows)
    }
    const begin = async (key: string) => {
      const begun = await test.journal.beginDebit({ ...stuckDebit, key }, sendNext)
      if (begun.do !== 'send') throw new Error('was not sent')
      return begun.redemption
    }
    const acceptTicket = async (eventId: string) => {
      await test.journal.acceptTicket({
        eventId,
        fingerprint: eventId,
        formerFingerprint: () => 'of the rule before',
        kafkaKey: 'k',
        closed: closedBill().closed,
      })
    }

    it('deletes redemptions 60 days after their last change', async () => {
      const { id } = await begin('T-1')
      await settleDebit(test.journal, id, { kind: 'refused', code: 'REFUSED' })
      test.clock.pass(60 * dayMs)
      await test.journal.tidy()
      expect(await rowsOf('redemptions')).to.equal(1)
      test.clock.pass(1)
      await test.journal.tidy()
      expect(await rowsOf('redemptions')).to.equal(0)
    })

    it('never deletes a redemption that is open or stuck, nor one that an operator has just settled', async () => {
      const stuckId = await getStuck(test.journal, test.clock.pass)
      const settledId = await getStuck(test.journal, test.clock.pass, { ...stuckDebit, key: 'T-2' })
      await begin('T-sent')
      const inDoubt = await begin('T-doubt')
      await settleDebit(test.journal, inDoubt.id, { kind: 'unknown' })
      const confirmed = await begin('T-confirmed')
      await settleDebit(test.journal, confirmed.id, takenByCore())
      test.clock.pass(100 * dayMs)
      await settleByOperator(test.journal, settledId, { as: 'taken', by: 'Dana', why: 'seen' })
      await test.journal.tidy()
      expect(await rowsOf('redemptions')).to.equal(5)
      expect(await test.journal.findRedemption(stuckId)).to.include({ state: 'stuck' })
    })

    it('deletes aliases of redemptions after a day, which is how long they are looked up', async () => {
      await settleDebit(test.journal, (await begin('T-1')).id, takenByCore())
      await test.journal.beginDebit({ ...stuckDebit, key: 'T-2' }, ({ ofCoupon }) => ({
        do: 'replay',
        redemption: ofCoupon[0]!,
      }))
      test.clock.pass(dayMs)
      await test.journal.tidy()
      expect(await rowsOf('redemption_aliases')).to.equal(1)
      test.clock.pass(dayMs)
      await test.journal.tidy()
      expect(await rowsOf('redemption_aliases')).to.equal(0)
    })

    it('deletes tickets 35 days after they were published, never before', async () => {
      for (const id of ['e-1', 'e-2']) await acceptTicket(id)
      test.clock.pass(100 * dayMs)
      await test.journal.markPublished(['e-1'])
      test.clock.pass(35 * dayMs)
      await test.journal.tidy()
      expect(await rowsOf('tickets')).to.equal(2)
      test.clock.pass(1)
      await test.journal.tidy()
      expect((await test.journal.waitingTickets(10)).map(({ eventId }) => eventId)).to.deep.equal(['e-2'])
      expect(await rowsOf('tickets')).to.equal(1)
    })

    it('deletes dead letters after 35 days, and keeps their totals right', async () => {
      await test.journal.keepDeadLetter(unreadMessage('old'))
      test.clock.pass(35 * dayMs)
      await test.journal.keepDeadLetter(unreadMessage('new'))
      test.clock.pass(1)
      const before = await test.journal.stats()
      await test.journal.tidy()
      const after = await test.journal.stats()
      expect([before.deadLetters, after.deadLetters, await rowsOf('dead_letters')]).to.deep.equal([2, 1, 1])
      expect(after.deadLetterBytes).to.equal(before.deadLetterBytes / 2)
    })

    it('deletes approvals after 60 days, which is how long they protect a venue from being locked out', async () => {
      const credentials = toCredentials('1902', 'key')
      const venue: Venue = { id: '1902', coreId: 'venue-uuid', currency: 'GBP' }
      await test.journal.keepApproval(credentials, { venue, approvedAtMs: test.clock.nowMs() })
      test.clock.pass(60 * dayMs)
      await test.journal.tidy()
      expect(await test.journal.findApproval(credentials)).not.to.equal(undefined)
      test.clock.pass(1)
      await test.journal.tidy()
      expect(await test.journal.findApproval(credentials)).to.equal(undefined)
    })

    it('works in small steps', async () => {
      const ids = Array.from({ length: 120 }, (_, index) => `e-${index}`)
      await Promise.all(ids.map(acceptTicket))
      await test.journal.markPublished(ids)
      test.clock.pass(36 * dayMs)
      const left = []
      for (let isTidy = false; !isTidy;) {
        ;({ isTidy } = await test.journal.tidy())
        left.push(await rowsOf('tickets'))
      }
      expect(left).to.deep.equal([70, 20, 0, 0])
    })
  })
})

describe('the cost of the journal does not grow with its size', () => {
  it('since expired rows are found by an index', async () => {
    const test = await openTestJournal()
    const file = new DatabaseSync(test.path, { readOnly: true })
    const planOf = (sql: string) =>
      file
        .prepare(`EXPLAIN QUERY PLAN ${sql}`)
        .all()
        .map(({ detail }) => String(detail))
    try {
      for (const rule of retentionRules(1)) {
        const plan = planOf(forgetSql(rule))
        const searches = plan.filter((line) =>
          /^SEARCH \w+ USING (COVERING |INTEGER )?(INDEX|PRIMARY KEY)/.test(line),
        )
        expect(searches, plan.join()).to.have.length(2)
        expect(plan.join(), rule.table).not.to.match(/SCAN (?!list)/)
      }
    } finally {
      file.close()
      await test.end()
    }
  })

  it('since open rows are found by an index of their own', async () => {
    const test = await openTestJournal()
    const queries = new Set<string>()
    const plan = <T>(work: Work<T>) => {
      for (let step = work.next(); !step.done; step = work.next({ rows: [], changes: 0 }))
        if (step.value.sql.includes(whereOpen)) queries.add(step.value.sql)
    }
    const seal = createSeal(journalKeys)
    const rows = createRedemptionRows(seal)
    plan(checkSealKeys(seal.keyIds))
    plan(readStats())
    plan(rows.findDue(1, test.clock.nowMs()))
    plan(rows.findStuck())
    try {
      using file = new DatabaseSync(test.path, { readOnly: true })
      const plans = [...queries].map((sql) => file.prepare(`EXPLAIN QUERY PLAN ${sql}`).all())
      expect(plans).to.have.length(5)
      for (const plan of plans) expect(JSON.stringify(plan)).to.include('USING INDEX redemptions_open')
    } finally {
      await test.end()
    }
  })
})
