import { testAct } from './test-act.ts'
import type { TicketIntake } from '../../src/journal/stored-tickets.ts'
import type { CreditIntent, DebitIntent } from '../../src/redemptions/redemption.ts'
import { closedBill } from '../tickets/closed-bill.ts'
import { confirmed, sendNext, settleDebit, settleUndo } from './redemption.ts'
import { getStuck, stuckDebit } from './stuck-redemption.ts'
import { unreadMessage, type TestJournal } from './test-journal.ts'

/** A debit of a coupon; each of a card of its own, so that none waits for another. */
export function debitOf(name: string): DebitIntent {
  return {
    ...stuckDebit,
    key: `key of ${name}`,
    cardHash: `hash of ${name}`,
    secret: { cardNumber: `CARD OF ${name}`, apiKey: 'key-of-the-project' },
    what: { kind: 'coupon', rewardId: `uc-${name}` },
  }
}

/** A debit of a coupon whose id contains the card number. */
export const maskedDebit: DebitIntent = {
  ...debitOf('masked'),
  what: { kind: 'coupon', rewardId: 'uc-CARD0001', standIn: 'id-1' },
}

export function creditOf(debit: DebitIntent): CreditIntent {
  const { key: debitKey, hasTransactionId: _, ...parts } = debit
  return { ...parts, debitKey, creditKey: `credit of ${debitKey}`, redemptionId: undefined }
}

export function ticketOf(eventId: string): TicketIntake {
  return {
    ...closedBill({ eventId }),
    venue: 'venue-uuid',
    fingerprint: `fingerprint of ${eventId}`,
    formerFingerprint: () => 'of the rule before',
  }
}

export const approved = {
  credentials: {
    venueId: '1902',
    apiKey: 'key-of-the-project',
    keyHash: 'hash-of-key',
    tenant: 'tenant-of-project',
  },
  venue: { id: '1902', coreId: 'venue-uuid', currency: 'GBP' },
}

/**
 * Writes rows of every kind: redemptions under way, in doubt, stuck and final, tickets in Kafka and on their way, dead
 * letters of both kinds, an approval, and what is left by a service that was blocked and stopped.
 *
 * @returns ids of redemptions, when the block by the core ends, and when the one call that still counts is free
 */
export async function fillJournal({ journal, clock }: TestJournal) {
  const begin = async (intent: DebitIntent) => {
    const begun = await journal.beginDebit(intent, sendNext)
    if (begun.do !== 'send') throw new Error('was not sent')
    return begun.redemption
  }
  const take = async (intent: DebitIntent) => {
    const { id } = await begin(intent)
    await settleDebit(journal, id, confirmed({ pointsLeft: 1050 }))
    await journal.markAnswered(id)
    return id
  }

  const stuck = await getStuck(journal, clock.pass, debitOf('stuck'))
  const taken = await take(debitOf('taken'))
  const masked = await take(maskedDebit)
  await pressAgain(journal, debitOf('taken'), 'key of the second press')
  await settleDebit(journal, (await begin(debitOf('refused'))).id, { kind: 'refused', code: 'REFUSED' })
  await settleDebit(journal, (await begin(debitOf('not done'))).id, { kind: 'not_done' })
  await giveBack(journal, debitOf('credited'), await take(debitOf('credited')))

  for (const id of ['in-kafka', 'first', 'second', 'refused-by-kafka', 'third'])
    await journal.acceptTicket(ticketOf(id))
  await journal.markPublished(['in-kafka'])
  await journal.moveToDeadLetters('refused-by-kafka', 'MESSAGE_TOO_LARGE')
  await journal.keepDeadLetter(unreadMessage('{"ticketId":"unread"}'))
  await journal.keepApproval(approved.credentials, { venue: approved.venue, approvedAtMs: clock.nowMs() })

  await journal.acts.note({ name: 'find_card', target: '*0001' }, testAct())

  const blockedUntilMs = clock.nowMs() + 60_000
  const freeAtMs = clock.nowMs() + 5_000
  await journal.openBudget()
  await journal.keepBlock('all', blockedUntilMs)
  await journal.closeBudget([{ scope: 'all', freeAtMs: [freeAtMs - 0.5] }])
  await journal.tidy()

  const inDoubt = (await begin(debitOf('in doubt'))).id
  await settleDebit(journal, inDoubt, { kind: 'unknown' })
  const sent = (await begin(debitOf('under way'))).id
  return { stuck, taken, masked, inDoubt, sent, blockedUntilMs, freeAtMs }
}

/** The operator pressed again, under another transaction id: the same redemption is found by both from now on. */
async function pressAgain(journal: TestJournal['journal'], intent: DebitIntent, key: string) {
  await journal.beginDebit({ ...intent, key }, ({ ofCoupon: [redemption] }) => ({
    do: 'replay',
    redemption: redemption!,
  }))
}

async function giveBack(journal: TestJournal['journal'], debit: DebitIntent, id: string) {
  await journal.beginCredit(creditOf(debit), ({ debits: [redemption] }) => ({
    do: 'send',
    redemption: redemption!,
  }))
  await settleUndo(journal, id, { kind: 'given_back', moved: {} })
}
