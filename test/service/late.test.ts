import { expect } from 'chai'
import { useRealSockets } from '../support/real-sockets.ts'
import { demo, openCounter, takeCoffee, takePoints, type Counter } from './counter.ts'

/**
 * Story: an undo has the turn of its card for as long as it waits for a slot and for the core. Whatever the till asked
 * of that card meanwhile was answered "nothing was done", though the journal knew better.
 */
describe('a till whose card has no turn in time', () => {
  useRealSockets()
  let counter: Counter
  beforeEach(async () => (counter = await openCounter({ POS_DEADLINE_MS: '1200' })))
  afterEach(() => counter.close())

  const { anna } = demo.cards
  const codeOf = async (answer: ReturnType<Counter['till']['debit']>) => {
    const { reply } = await answer
    return reply.code ?? reply.response
  }

  it('hears of a debit what is known of it, and that nothing was done only if that is true', async function () {
    this.timeout(20_000)
    const first = await counter.till.debit(takePoints)
    expect(first.reply).to.include({ response: 'OK', points: 1050 })
    counter.core.faults.next({ operation: 'redeem', kind: '500', when: 'after' })
    expect(await codeOf(counter.till.debit(takeCoffee))).to.equal('NOT_REDEEMED')
    const undo = counter.core.faults.next({ operation: 'restore', kind: 'hang' })
    await undo.reached

    const [again, inDoubt, more] = await Promise.all([
      counter.till.debit(takePoints),
      counter.till.debit(takeCoffee),
      counter.till.debit({ ...takePoints, transactionId: 'P-2' }),
    ])
    expect(again.reply).to.include({ response: 'OK', redemptionId: first.reply.redemptionId, points: 1050 })
    expect(again.headers).to.have.property('x-idempotent-replayed', 'true')
    expect(inDoubt.reply.code).to.equal('TRY_AGAIN_SHORTLY')
    expect(more.reply.code).to.equal('CORE_UNAVAILABLE')
    undo.release()
    expect(counter.core.points(anna)).to.equal(1050)
  })

  it('hears that it will be given back, if its credit is being repeated', async function () {
    this.timeout(20_000)
    await counter.till.debit(takeCoffee)
    counter.core.faults.next({ operation: 'restore', kind: '500', when: 'after' })
    const credit = { cardNumber: anna, originalTransactionId: 'T-1', transactionId: 'C-1' }
    expect(await codeOf(counter.till.credit(credit))).to.equal('NOT_GIVEN_BACK_YET')
    const undo = counter.core.faults.next({ operation: 'restore', kind: 'hang' })
    await undo.reached

    expect(await codeOf(counter.till.credit(credit))).to.equal('NOT_GIVEN_BACK_YET')
    const given = counter.service.line(({ msg, state }) => msg === 'undo' && state === 'credited')
    undo.release()
    await given
    expect(await codeOf(counter.till.credit(credit))).to.equal('OK')
  })
})
