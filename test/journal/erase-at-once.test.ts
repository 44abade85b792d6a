import { expect } from 'chai'
import { decideCredit } from '../../src/redemptions/decide-credit.ts'
import { decideDebit } from '../../src/redemptions/decide-debit.ts'
import type { DebitIntent } from '../../src/redemptions/redemption.ts'
import { openOnPostgres } from '../support/both-databases.ts'
import { usePostgres } from '../support/postgres-for-tests.ts'
import { confirmed, couponDebit, settleDebit, venueAndCard } from '../support/redemption.ts'
import { openTestJournal, type TestJournal } from '../support/test-journal.ts'
import { closedBill } from '../tickets/closed-bill.ts'

const { cardHash } = venueAndCard
const dayMs = 24 * 60 * 60 * 1000

const debit = ({ journal }: TestJournal, key: string) => {
  const intent: DebitIntent = { ...couponDebit, key }
  return journal.beginDebit(intent, (rows, nowMs) => decideDebit(rows, intent, nowMs))
}

/** It could be erased now. @returns its id */
async function takeTwoDaysAgo(test: TestJournal): Promise<string> {
  const begun = await debit(test, 'T-1')
  if (begun.do !== 'send') throw new Error('was not sent')
  const { id } = begun.redemption
  await settleDebit(test.journal, id, confirmed())
  await test.journal.markAnswered(id)
  test.clock.pass(2 * dayMs)
  // Sets the database's clock, which could not be done while a test holds a lock.
  expect(await test.journal.findForErasure(cardHash)).to.deep.equal({ refusals: [], redemptions: 1 })
  return id
}

describe('a card that is erased while something else is written, on PostgreSQL,', () => {
  const makeDatabase = usePostgres()
  let test: TestJournal
  let id: string
  beforeEach(async () => {
    test = await openOnPostgres(await makeDatabase())
    id = await takeTwoDaysAgo(test)
  })
  afterEach(() => test.end())

  const erase = () => test.journal.eraseCard(cardHash)
  const credit = () => {
    const named = { creditKey: undefined, redemptionId: id, debitKey: undefined }
    const intent = { ...venueAndCard, ...named, account: undefined, what: undefined }
    const question = { ...intent, unseenDebit: undefined, isLate: false }
    return test.journal.beginCredit(intent, (rows, nowMs) => decideCredit(rows, question, nowMs))
  }
  const ticket = () => {
    const bill = { ...venueAndCard, ticketKey: 'B-77', kind: 'sale', account: 'A-1', named: [] } as const
    const { eventId, closed } = closedBill()
    const names = { eventId, fingerprint: 'of the bill', formerFingerprint: () => 'former of the bill' }
    return test.journal.acceptTicket(
      { ...names, kafkaKey: cardHash, closed },
      {
        bill: { ...bill, named: [], fromMs: 0, toMs: Infinity },
        decide: () => ({ coupons: [], claims: [], releases: [] }),
      },
    )
  }
  const untilWaiting = async (count: number) => {
    const isHere = `database = (SELECT oid FROM pg_database WHERE datname = current_database())`
    const waiting = `SELECT DISTINCT pid FROM pg_locks
      WHERE NOT granted AND pid IN (SELECT pid FROM pg_locks WHERE ${isHere})`
    while ((await test.sql(waiting)).length < count);
  }
  /** Both have looked, as far as they may look at once, before the first of them can write. */
  const beginInOrder = async <A, B>(
    table: string,
    first: () => Promise<A>,
    second: () => Promise<B>,
  ): Promise<[A, B]> => {
    await test.sql('BEGIN')
    await test.sql(`LOCK TABLE ${table} IN SHARE ROW EXCLUSIVE MODE`)
    const begun = first()
    await untilWaiting(1)
    const begunBehind = second()
    await untilWaiting(2)
    await test.sql('COMMIT')
    return await Promise.all([begun, begunBehind])
  }
  const stored = () =>
    test.sql(
      'SELECT card_hash, state, due_at IS NOT NULL AS is_due, sealed IS NOT NULL AS is_sealed FROM redemptions',
    )

  // The credit was sent, and its row lost the card that the undo worker needs if the answer is lost.
  it('is kept if a credit is first, which can be given back later', async () => {
    const [{ do: done }, { refusals }] = await beginInOrder('redemptions', credit, erase)
    expect(done).to.equal('send')
    expect(refusals.map(({ reason }) => reason)).to.deep.equal([`redemption ${id} is open: confirmed`])
    expect(await stored()).to.deep.equal([
      { card_hash: cardHash, state: 'confirmed', is_due: true, is_sealed: true },
    ])
  })

  it('is erased if a credit is second, which finds nothing to give back', async () => {
    const [{ refusals }, begun] = await beginInOrder('redemptions', erase, credit)
    expect(refusals).to.deep.equal([])
    expect(begun).to.deep.equal({ do: 'refuse', code: 'NOTHING_TO_GIVE_BACK' })
    expect(await stored()).to.deep.equal([
      { card_hash: 'erased', state: 'confirmed', is_due: false, is_sealed: false },
    ])
  })

  it('is kept if a debit has begun since its rows were looked up', async () => {
    const [{ do: done }, { refusals, redemptions }] = await beginInOrder(
      'redemptions',
      () => debit(test, 'T-2'),
      erase,
    )
    expect(done).to.equal('send')
    expect(redemptions).to.equal(2)
    expect(refusals).to.have.length(1)
    expect((await stored()).map((row) => row.card_hash)).to.deep.equal([cardHash, cardHash])
  })

  it('is kept if a ticket is first, which waits for Kafka', async () => {
    const [, { refusals }] = await beginInOrder('tickets', ticket, erase)
    expect(refusals.map(({ reason }) => reason)).to.deep.equal(['tickets of it wait for Kafka: 1'])
    expect((await stored()).map((row) => row.card_hash)).to.deep.equal([cardHash])
  })

  // Outcomes are written without the card's lock.
  it('is kept if the late outcome of a call is being written', async () => {
    await test.sql('BEGIN')
    await test.sql(`UPDATE redemptions SET state = 'in_doubt', due_at = 1, revision = revision + 1`)
    const erased = erase()
    await untilWaiting(1)
    await test.sql('COMMIT')
    const { refusals } = await erased
    expect(refusals.map(({ reason }) => reason)).to.deep.equal([`redemption ${id} is open: in_doubt`])
    expect((await stored()).map((row) => row.card_hash)).to.deep.equal([cardHash])
  })
})

describe('a card that is erased while something else is written, in a file,', () => {
  it('is kept if a debit has begun since its rows were looked up', async () => {
    const test = await openTestJournal()
    await takeTwoDaysAgo(test)
    const [{ do: done }, { refusals }] = await Promise.all([
      debit(test, 'T-2'),
      test.journal.eraseCard(cardHash),
    ])
    expect(done).to.equal('send')
    expect(refusals).to.have.length(1)
    await test.end()
  })
})
