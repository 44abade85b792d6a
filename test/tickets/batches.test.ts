import { expect } from 'chai'
import fc from 'fast-check'
import { cutIntoBatches, maxBatchBytes, type Outgoing } from '../../src/tickets/batches.ts'

describe('batches of tickets', () => {
  const ofBytes = (bytes: number): Outgoing => ({
    eventId: 'e',
    event: { key: '', value: 'x'.repeat(bytes), headers: {} },
  })
  const unmade: Outgoing = { eventId: 'unmade', event: undefined }
  const sizes = (tickets: Outgoing[]) => cutIntoBatches(tickets).map((batch) => batch.length)

  it('are as large as they may be', () => {
    const half = ofBytes(maxBatchBytes / 2)
    expect(sizes([half, half, half])).to.deep.equal([2, 1])
    expect(sizes([half, ofBytes(maxBatchBytes / 2 + 1)])).to.deep.equal([1, 1])
    expect(sizes([])).to.deep.equal([])
  })

  it('count bytes, not characters, of key, value and headers', () => {
    const event = { key: 'ř', value: 'ř'.repeat(maxBatchBytes / 4 - 2), headers: { ř: '' } }
    const ticket = { eventId: 'e', event }
    expect(sizes([ticket, ticket])).to.deep.equal([2])
    expect(sizes([ticket, { eventId: 'e', event: { ...event, key: 'řř' } }])).to.deep.equal([1, 1])
  })

  it('hold a larger ticket alone, and one that makes no event too', () => {
    expect(sizes([ofBytes(1), ofBytes(maxBatchBytes + 1), ofBytes(1), ofBytes(1)])).to.deep.equal([1, 1, 2])
    expect(sizes([ofBytes(1), unmade, unmade, ofBytes(1), ofBytes(1)])).to.deep.equal([1, 1, 1, 2])
  })

  it('contain all tickets in order', () => {
    const bytes = fc.oneof(fc.nat(10), fc.integer({ min: 0, max: maxBatchBytes + 10 }))
    const ticket = fc.oneof(bytes.map(ofBytes), fc.constant(unmade))
    fc.assert(
      fc.property(fc.array(ticket, { maxLength: 12 }), (tickets) => {
        expect(cutIntoBatches(tickets).flat()).to.deep.equal(tickets)
      }),
    )
  })
})
