import { expect } from 'chai'
import { describeFault, FaultUnclear, readFault } from './core/fault-text.ts'
import type { FaultOrder } from './core/faults.ts'

const readable: [text: string, order: FaultOrder][] = [
  ['redeem:hang-after', { operation: 'redeem', kind: 'hang', when: 'after', times: Infinity }],
  ['delay,ms=3000', { kind: 'delay', ms: 3000, times: Infinity }],
  ['debit:500-before,times=2', { operation: 'debit', kind: '500', when: 'before', times: 2 }],
  [
    'card:refusal,exception=MemberBlockedException',
    { operation: 'card', kind: 'refusal', exception: 'MemberBlockedException', times: Infinity },
  ],
]

describe('a fault of the simulated core, as text,', () => {
  for (const [text, order] of readable)
    it(`is read, and written again as it was: ${text}`, () => {
      expect(readFault(text)).to.deep.equal(order)
      expect(describeFault(order)).to.equal(text)
    })

  it('has a short form for too many requests', () => {
    const long = 'refusal,exception=RateLimitExceededException,retry-after=5'
    expect(describeFault(readFault('429'))).to.equal(long)
    expect(readFault(long)).to.deep.equal(readFault('429'))
  })

  it('is refused with all of its problems', () => {
    const read = () => readFault('redeeem:hung,ms=soon,exception=Odd,when=after')
    expect(read)
      .to.throw(FaultUnclear)
      .with.property('message')
      .that.contains('operation must be one of')
      .and.contains('not "redeeem"')
      .and.contains('kind must be one of')
      .and.contains('not "hung"')
      .and.contains('ms must be a whole number above 0, not "soon"')
      .and.contains('not "Odd"')
      .and.contains('"when" is not ms, times, retry-after or exception')
  })
})
