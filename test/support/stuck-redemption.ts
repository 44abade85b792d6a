import { dueUndo, sendNext, settleDebit, settleUndo } from './redemption.ts'
import type { DebitIntent } from '../../src/redemptions/redemption.ts'
import type { Journal } from '../../src/journal/journal.ts'

export const stuckDebit: DebitIntent = {
  venue: 'venue-uuid',
  venueId: '1902',
  tenant: 'tenant-of-project',
  cardHash: 'hash-of-card',
  cardMasked: '*0001',
  secret: { cardNumber: 'CANARYCARD0001', apiKey: 'canary-api-key' },
  key: 'T-1',
  hasTransactionId: true,
  account: 'A-1',
  what: { kind: 'coupon', rewardId: 'uc-1' },
}

/**
 * Makes a debit whose answer was lost, and whose undo the core refused until it was stuck.
 * @param pass lets time pass for the journal
 * @returns its id
 */
export async function getStuck(journal: Journal, pass: (ms: number) => void, intent = stuckDebit) {
  const begun = await journal.beginDebit(intent, sendNext)
  if (begun.do !== 'send') throw new Error('was not sent')
  const { id } = begun.redemption
  await settleDebit(journal, id, { kind: 'unknown' })
  for (let isStuck = false; !isStuck;) {
    pass(300_000)
    if (!(await journal.beginUndo(dueUndo(id)))) throw new Error('was not due')
    isStuck = (await settleUndo(journal, id, { kind: 'refused', code: 'REFUSED' })).state === 'stuck'
  }
  return id
}
