import { randomUUID } from 'node:crypto'
import type { CardBill, Journal } from '../../src/journal/journal.ts'
import { closedBill } from '../tickets/closed-bill.ts'

/** @returns the coupons of a ticket that closes this bill */
export async function couponsOf(journal: Journal, bill: CardBill): Promise<string[]> {
  await journal.takeTicket({ ...closedBill({ eventId: randomUUID() }), fingerprint: 'of the bill' }, bill)
  return (await journal.waitingTickets(100)).at(-1)?.closed.coupons ?? []
}
