import type { WaitingTicket } from '../../src/journal/stored-tickets.ts'
import type { Ticket } from '../../src/model/words.ts'

type Parts = { eventId?: string; kafkaKey?: string; coupons?: string[]; ticket?: Partial<Ticket> }

/** A bill of one item and no card, as it waits in the journal. */
export function closedBill({ eventId, kafkaKey, coupons, ticket }: Parts = {}): WaitingTicket {
  return {
    eventId: eventId ?? 'a3f1c9e2-5c0b-5d8e-9b7a-0d8f5b2c4e61',
    kafkaKey: kafkaKey ?? '1902|A-12',
    takenAtMs: Date.UTC(2026, 10, 23, 21, 15, 1),
    closed: {
      venueId: '1902',
      tenant: '9f86d081884c7d65',
      traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
      coupons: coupons ?? [],
      ticket: {
        ticketId: 'B-77',
        kind: 'sale',
        closedAtMs: Date.UTC(2026, 10, 23, 21, 15, 0, 999),
        businessDate: '2026-11-23',
        currency: 'GBP',
        totalMinor: 550,
        items: [{ id: '10000000123', totalMinor: 550 }],
        discounts: [],
        payments: [],
        redemptions: [],
        ...ticket,
      },
    },
  }
}
