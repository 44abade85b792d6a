import { expect } from 'chai'
import { ticketFingerprint } from '../../src/loyalty/keys.ts'
import { readRequest } from '../../src/zonal/read-request.ts'
import { parseTicket } from '../../src/zonal/ticket-message.ts'

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
  const { fields } = readRequest({ operationInPath: 'ticket', contentType: 'application/json', text })
  return ticketFingerprint(parseTicket(fields, { id: '1902', currency: 'GBP' }, settings).ticket)
}

/** Names and values as they are, the last first, at every depth. */
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
  // A journal holds fingerprints for months. Where this differs, every repeat after an upgrade is one more bill.
  it('is the one that journals hold already', () => {
    expect(fingerprintOf({})).to.equal('o8Y0VPJweQTqcVrWPLJCMiP-j_sJwuX_GbfGH1vVnXo')
  })

  it('is the same whatever the order of fields', () => {
    expect(fingerprintOfText(JSON.stringify(backwards(message)))).to.equal(fingerprintOf({}))
  })

  it('is the same beside a field that cannot be read', () => {
    const { covers: _covers, ...rest } = message
    expect(fingerprintOf({ covers: 'many' })).to.equal(fingerprintOfText(JSON.stringify(rest)))
  })

  it('is the same for a repeat under another call reference and at another time', () => {
    expect(fingerprintOf({ transactionId: 'T-10', dateTime: '2026-11-23T22:00:00' })).to.equal(
      fingerprintOf({}),
    )
  })

  // What is known of such a time has grown; the fingerprints that journals hold already have not.
  it('is the one that journals hold already of a bill that was closed when clocks went back', () => {
    const changed = { closedAt: '2026-10-25T01:30:00' }
    expect(fingerprintOf(changed)).to.equal('ARJjedi8DDSXqFD97JLPUFIPFsApoukSPNXVbaGVeXI')
  })

  for (const changed of [{ total: '23.51' }, { items: [] }, { covers: 3 }, { redemptions: [] }])
    it(`is another with ${JSON.stringify(changed)}`, () => {
      expect(fingerprintOf(changed)).to.not.equal(fingerprintOf({}))
    })
})
