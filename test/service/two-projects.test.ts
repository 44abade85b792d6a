import { expect } from 'chai'
import { demoProject } from '../simulators/core/demo-project.ts'
import type { Project } from '../simulators/core/project.ts'
import { useRealSockets } from '../support/real-sockets.ts'
import { demo, openCounter, takeCoffee, takePoints, type Counter } from './counter.ts'

/** Another chain on the same adapter, whose card numbers and coupon ids are the same. */
function otherProject(): Project {
  const project = demoProject(Date.now())
  const venues = project.venues.map((venue) => ({ ...venue, id: venue.id.replace('5b1e', '0bad') }))
  return { ...project, name: 'Another chain', keys: { 'other-demo-write-key': 'write' }, venues }
}

// Seven of eight debits of a guest failed while somebody sent that card's number under the key of another project.
describe("another project's key that knows a guest's card number", () => {
  useRealSockets()
  let counter: Counter
  beforeEach(async () => {
    counter = await openCounter({}, { projects: [demoProject(Date.now()), otherProject()] })
    // So that both are approved, and no check of venue and key comes first.
    for (const till of [counter.till, other()]) await till.balance({ cardNumber: demo.cards.anna })
  })
  afterEach(() => counter.close())
  const other = () => counter.openTill({ apiKey: 'other-demo-write-key' })

  it("holds up neither the card's turn nor its points", async () => {
    const hang = counter.core.faults.next({ operation: 'debit', kind: 'hang' })
    const hanging = other().debit(takePoints)
    await hang.reached
    expect((await counter.till.debit(takePoints)).reply).to.include({ response: 'OK', points: 1050 })
    hang.release()
    await hanging
  })

  it("holds none of the guest's coupons by a debit in doubt", async () => {
    counter.core.faults.next({ operation: 'redeem', kind: '500', when: 'before' })
    expect((await other().debit(takeCoffee)).reply.code).to.equal('NOT_REDEEMED')
    expect((await counter.till.debit(takeCoffee)).reply).to.include({ response: 'OK' })
    const again = { ...takeCoffee, transactionId: 'T-2', accountNumber: 'A-2' }
    expect((await other().debit(again)).reply.code, 'its own is held').to.equal('TRY_AGAIN_SHORTLY')
  })
})
