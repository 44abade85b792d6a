import type { CardBill } from '../../src/redemptions/redemption.ts'
import { randomUUID } from 'node:crypto'
import type { Journal } from '../../src/journal/journal.ts'
import { decideCoupons } from '../../src/redemptions/coupons.ts'
import { closedBill } from '../tickets/closed-bill.ts'

type AnyBill = Pick<CardBill, 'venue' | 'cardHash'> & Partial<CardBill>

/** @returns the coupons of a ticket that closes this bill: a sale of any time, unless it says more */
export async function couponsOf(journal: Journal, ofBill: AnyBill): Promise<string[]> {
  const eventId = randomUUID()
  const bill: CardBill = {
    ticketKey: eventId,
    kind: 'sale',
    account: undefined,
    fromMs: 0,
    toMs: Number.MAX_SAFE_INTEGER,
    named: [],
    ...ofBill,
  }
  await journal.acceptTicket(
    { ...closedBill({ eventId }), fingerprint: 'of the bill', formerFingerprint: () => 'of the rule before' },
    { bill, decide: (known) => decideCoupons(bill, known) },
  )
  return (await journal.waitingTickets(100)).at(-1)?.closed.coupons ?? []
}
