import type { RawFields } from '../../src/zonal/messages/raw-message.ts'
import { parseTicket, type TicketSettings } from '../../src/zonal/messages/ticket-message.ts'

const london: TicketSettings = {
  cardPrefixes: [],
  timeZone: 'Europe/London',
  venueTimeZones: new Map([['2001', 'Asia/Dubai']]),
  withoutCard: 'publish',
}
const crown = { id: '1902', currency: 'GBP' }

/** A ticket with no more than it needs. */
export const least = { ticketId: 'B-77', closedAt: '2026-11-23T21:14:00Z', total: 23.5 }

/** As the service parses it for a venue in London that counts in pounds, unless said otherwise. */
export function parse(
  fields: RawFields,
  settings: Partial<TicketSettings> = {},
  venue: Partial<Parameters<typeof parseTicket>[1]> = {},
) {
  return parseTicket({ fields, amountUnit: 'major' }, { ...crown, ...venue }, { ...london, ...settings })
}
