import { expect } from 'chai'
import { formerTicketFingerprint, ticketFingerprint } from '../../src/model/keys.ts'
import type { Ticket } from '../../src/model/words.ts'
import { read } from '../dialects/json/read.ts'
import { parseTicket } from '../../src/zonal/messages/ticket-message.ts'

const settings = {
  cardPrefixes: [],
  timeZone: 'Europe/London',
  venueTimeZones: new Map<string, string>(),
  withoutCard: 'publish',
} as const
const message = {
  siteId: 7,
  dateTime: '2026-11-23T21:14:02',
  transactionId: 'T-9',
  ticketId: 'B-77',
  accountNumber: 'A-17',
  cardNumber: 'CARD0001',
  closedAt: '2026-11-23T21:14:00',
  total: '23.50',
  items: [{ id: '10000000123', name: 'Pie', quantity: 2, unitPrice: '9.90', total: 19.8, category: 'Mains' }],
  payments: [{ type: 'card', amount: 23.5 }],
  redemptions: [{ redemptionId: 'r-1', points: 200 }],
  covers: 2,
}

function fingerprintOf(changed: object): string {
  const text = JSON.stringify({ ...message, ...changed })
  return fingerprintOfText(text)
}

function fingerprintOfText(text: string): string {
  return ticketFingerprint(ticketOf(text))
}

function ticketOf(text: string): Ticket {
  return parseTicket(read('ticket', text), { id: '1902', currency: 'GBP' }, settings).ticket
}

/** The same names and values in reverse order, at every depth. */
function backwards(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(backwards)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .map(([name, inner]) => [name, backwards(inner)])
      .reverse(),
  )
}

describe('the fingerprint of a ticket', () => {
  // A journal holds fingerprints for months. If this changes, every repeat after an upgrade is one more bill.
  it('is the one that journals already hold', () => {
    expect(fingerprintOf({})).to.equal('LbqscGIBQzMAkg7rm6HufH8rPLWHOvQevOq9cX58rAk')
    const former = formerTicketFingerprint(ticketOf(JSON.stringify(message)))
    expect(former).to.equal('o8Y0VPJweQTqcVrWPLJCMiP-j_sJwuX_GbfGH1vVnXo')
  })

  it('is the same whatever the order of fields', () => {
    expect(fingerprintOfText(JSON.stringify(backwards(message)))).to.equal(fingerprintOf({}))
  })

  it('is the same with a field that cannot be read', () => {
    const { covers: _covers, ...rest } = message
    expect(fingerprintOf({ covers: 'many' })).to.equal(fingerprintOfText(JSON.stringify(rest)))
  })

  it('is the same for a repeat under another call reference and at another time', () => {
    expect(fingerprintOf({ transactionId: 'T-10', dateTime: '2026-11-23T22:00:00' })).to.equal(
      fingerprintOf({}),
    )
  })

  // The same bill, resent from another terminal or by another member of staff, earned twice.
  it('is the same for a repeat by another terminal, member of staff and sales area', () => {
    const by = { terminalId: 'T-9', staffId: 'S-9', salesAreaId: '9' }
    expect(fingerprintOf(by)).to.equal(fingerprintOf({}))
  })

  // Two guests returned the same dish: the second refund was taken for a repeat of the first.
  it('differs for a second refund under its own call reference', () => {
    const refund = { isRefund: true }
    expect(fingerprintOf({ ...refund, transactionId: 'T-10' })).to.not.equal(fingerprintOf(refund))
    expect(fingerprintOf({ ...refund, dateTime: '2026-11-23T22:00:00' })).to.equal(fingerprintOf(refund))
  })

  it('is the same whether a local time that occurs twice is the first or the second', () => {
    const ticket = ticketOf(JSON.stringify(message))
    expect(ticketFingerprint({ ...ticket, closedAtLatestMs: ticket.closedAtMs + 3_600_000 })).to.equal(
      ticketFingerprint(ticket),
    )
  })

  // More is known about such a time now; the fingerprints that journals already hold have not changed.
  it('is the one that journals already hold, also for a bill that was closed when clocks went back', () => {
    const changed = { ...message, closedAt: '2026-10-25T01:30:00' }
    expect(formerTicketFingerprint(ticketOf(JSON.stringify(changed)))).to.equal(
      'ARJjedi8DDSXqFD97JLPUFIPFsApoukSPNXVbaGVeXI',
    )
  })

  for (const changed of [{ total: '23.51' }, { items: [] }, { covers: 3 }, { redemptions: [] }])
    it(`differs with ${JSON.stringify(changed)}`, () => {
      expect(fingerprintOf(changed)).to.not.equal(fingerprintOf({}))
    })
})
