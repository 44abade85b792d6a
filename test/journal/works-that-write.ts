import { testAct } from '../support/test-act.ts'
import type { Journal } from '../../src/journal/journal.ts'
import type { TicketIntake } from '../../src/journal/stored-tickets.ts'
import { redemptionId } from '../../src/model/keys.ts'
import { decideCoupons } from '../../src/redemptions/coupons.ts'
import { decideCredit } from '../../src/redemptions/decide-credit.ts'
import { decideDebit } from '../../src/redemptions/decide-debit.ts'
import type { CardBill, CreditIntent, DebitIntent, UndoOutcome } from '../../src/redemptions/redemption.ts'
import {
  confirmed,
  couponDebit,
  dueUndo,
  sendNext,
  settleDebit,
  settleUndo,
  venueAndCard,
} from '../support/redemption.ts'
import { getStuck } from '../support/stuck-redemption.ts'
import { unreadMessage, type TestJournal } from '../support/test-journal.ts'
import { closedBill } from '../tickets/closed-bill.ts'

/** A function of the journal that writes: `prepare` sets up what it finds, and returns the call. */
type WorkThatWrites = (test: TestJournal) => Promise<(journal: Journal) => Promise<unknown>>

const id = redemptionId(couponDebit.key, 1)
const coupon = couponDebit.what

/** Every function of the journal that writes, in each way that it can find out that it was done already. */
export const worksThatWrite: Record<string, WorkThatWrites> = {
  'a debit': async () => (journal) => journal.beginDebit(couponDebit, sendNext),
  'a debit that is sent again because it was not done': async ({ journal }) => {
    await begin(journal)
    await settleDebit(journal, id, { kind: 'not_done' })
    return (broken) => broken.beginDebit(couponDebit, sendNext)
  },
  'a repeat of a debit under another key': async ({ journal }) => {
    await take(journal)
    const intent: DebitIntent = { ...couponDebit, key: 'T-2' }
    return (broken) => broken.beginDebit(intent, (rows, nowMs) => decideDebit(rows, intent, nowMs))
  },
  'a credit': async ({ journal }) => {
    await take(journal)
    return (broken) => credit(broken)
  },
  'a credit whose debit is not in the journal': async () => (journal) => credit(journal, { what: coupon }),
  'a credit that leaves a tombstone': async () => (journal) => credit(journal),
  'a credit whose debit is on its way': async ({ journal }) => {
    await begin(journal)
    return (broken) => credit(broken)
  },
  'the undo of a debit in doubt': async (test) => {
    await begin(test.journal)
    await settleDebit(test.journal, id, { kind: 'unknown' })
    await passFor(test, 2_000)
    return (broken) => broken.beginUndo(dueUndo(id))
  },
  'the outcome of a debit (taken)': async ({ journal }) => {
    const redemption = await begin(journal)
    return (broken) => recordDebit(broken, redemption.call?.id)
  },
  'the outcome of a debit (unknown)': async ({ journal }) => {
    const { call } = await begin(journal)
    const outcome = { kind: 'unknown' } as const
    return (broken) => broken.record(id, { kind: 'debit_outcome', outcome, callId: call?.id })
  },
  'the outcome of a debit (taken) while its undo is under way': async (test) => {
    const { call } = await begin(test.journal)
    await passFor(test, 10_000)
    await test.journal.beginUndo(dueUndo(id))
    return (broken) => recordDebit(broken, call?.id)
  },
  'the outcome of an undo (given back)': undoOutcome({ kind: 'given_back', moved: {} }),
  'the outcome of an undo (nothing)': undoOutcome({ kind: 'nothing' }),
  'the outcome of an undo (refused)': undoOutcome({ kind: 'refused', code: 'REFUSED' }),
  'the outcome of an undo (unknown)': undoOutcome({ kind: 'unknown' }),
  "the mark that a till's OK has left": async ({ journal }) => {
    await begin(journal)
    await settleDebit(journal, id, confirmed())
    return (broken) => broken.markAnswered(id)
  },
  "an operator's retry": async ({ journal, clock }) => {
    const stuck = await getStuck(journal, clock.pass)
    const act = testAct()
    return (broken) => broken.acts.retry(stuck, act, { seenState: undefined })
  },
  "an operator's decision": async ({ journal, clock }) => {
    const stuck = await getStuck(journal, clock.pass)
    const act = testAct()
    return (broken) => broken.acts.settle(stuck, 'taken', act, { seenState: undefined })
  },
  'a ticket without a card': async () => (journal) => journal.acceptTicket(intake()),
  'a ticket with the coupons of its card': async ({ journal }) => {
    await take(journal)
    const decide = decideCoupons.bind(undefined, cardBill)
    return (broken) => broken.acceptTicket(intake(), { bill: cardBill, decide })
  },
  'a ticket that was reopened': async ({ journal }) => {
    await journal.acceptTicket(intake())
    return (broken) => broken.acceptTicket(intake('of the reopened bill'))
  },
  'the mark that a ticket is in Kafka': async ({ journal }) => {
    await journal.acceptTicket(intake())
    return (broken) => broken.markPublished([eventId])
  },
  'the move of a ticket to the dead letters': async ({ journal }) => {
    await journal.acceptTicket(intake())
    return (broken) => broken.moveToDeadLetters(eventId, 'too large')
  },
  'a dead letter': async () => (journal) => journal.keepDeadLetter(unreadMessage('{')),
  'a ticket that leaves the dead letters': async ({ journal }) => {
    await journal.acceptTicket(intake())
    await journal.moveToDeadLetters(eventId, 'too large')
    const act = testAct()
    return (broken) => broken.acts.requeueTicket(eventId, act)
  },
  'the end of a dead letter': async ({ journal }) => {
    await journal.keepDeadLetter(unreadMessage('{'))
    const [letter] = await journal.deadLetters()
    const act = testAct()
    return (broken) => broken.acts.dropDeadLetter(letter!.id, 'drop', act)
  },
  'a line of the audit': async () => {
    const act = testAct()
    return (broken) => broken.acts.note({ name: 'find_card', target: '*1001' }, act)
  },
  'the approval of a venue': async () => (journal) =>
    journal.keepApproval(
      { venueId: '1902', apiKey: 'key-of-the-project', keyHash: 'hash', tenant: 'tenant' },
      { venue: { id: '1902', coreId: 'venue-uuid', currency: 'GBP' }, approvedAtMs: 1 },
    ),
}

/** Writes of a row that the caller has just read: one statement each. */
export const worksThatStandAlone: Record<string, WorkThatWrites> = {
  'the outcome of a debit whose row was just read (taken)': async ({ journal }) => {
    const row = await begin(journal)
    const event = {
      kind: 'debit_outcome',
      outcome: confirmed({ pointsLeft: 5 }),
      callId: row.call?.id,
    } as const
    return (broken) => broken.record(row, event)
  },
  'the outcome of an undo whose row was just read (refused)': async (test) => {
    const { redemption: row } = await beginSecondUndo(test)
    const outcome = { kind: 'refused', code: 'REFUSED' } as const
    return (broken) => broken.record(row, { kind: 'undo_outcome', outcome, callId: row.call?.id, jitter: 1 })
  },
  "the mark that a till's OK has left, on a row that was just read": async ({ journal }) => {
    const row = await begin(journal)
    const event = { kind: 'debit_outcome', outcome: confirmed(), callId: row.call?.id } as const
    const { redemption: taken } = await journal.record(row, event)
    return (broken) => broken.markAnswered(taken!)
  },
}

const cardBill: CardBill = {
  ...venueAndCard,
  ticketKey: 'B-77',
  kind: 'sale',
  account: couponDebit.account,
  fromMs: 0,
  toMs: Infinity,
  named: [],
}

const { eventId, closed } = closedBill()

function intake(fingerprint = 'of the bill'): TicketIntake {
  const venue = 'venue-uuid'
  return {
    venue,
    eventId,
    kafkaKey: 'hash',
    closed,
    fingerprint,
    formerFingerprint: () => `former ${fingerprint}`,
  }
}

async function begin(journal: Journal) {
  const begun = await journal.beginDebit(couponDebit, sendNext)
  if (begun.do !== 'send') throw new Error('was not sent')
  return begun.redemption
}

async function take(journal: Journal) {
  await begin(journal)
  await settleDebit(journal, id, confirmed())
  await journal.markAnswered(id)
}

function recordDebit(journal: Journal, callId: string | undefined) {
  return journal.record(id, { kind: 'debit_outcome', outcome: confirmed({ pointsLeft: 5 }), callId })
}

function credit(journal: Journal, more: Partial<CreditIntent> = {}) {
  const intent: CreditIntent = {
    ...venueAndCard,
    creditKey: 'C-1',
    redemptionId: undefined,
    debitKey: couponDebit.key,
    account: undefined,
    what: undefined,
    ...more,
  }
  const unseenDebit = { key: couponDebit.key, reference: id, hasTransactionId: true }
  const question = { ...intent, unseenDebit, isLate: false }
  return journal.beginCredit(intent, (rows, nowMs) => decideCredit(rows, question, nowMs))
}

function undoOutcome(outcome: UndoOutcome): WorkThatWrites {
  return async (test) => {
    const { redemption: row } = await beginSecondUndo(test)
    return (broken) => broken.record(id, { kind: 'undo_outcome', outcome, callId: row.call?.id, jitter: 1 })
  }
}

/** The first had no answer. */
async function beginSecondUndo(test: TestJournal) {
  await begin(test.journal)
  await passFor(test, 10_000)
  await test.journal.beginUndo(dueUndo(id))
  await settleUndo(test.journal, id, { kind: 'unknown' })
  await passFor(test, 10_000)
  const begun = await test.journal.beginUndo(dueUndo(id))
  if (!begun) throw new Error('was not due')
  return begun
}

/** The database's clock follows with the next use of the test's own journal. */
async function passFor({ clock, journal }: TestJournal, ms: number) {
  clock.pass(ms)
  await journal.stats()
}
