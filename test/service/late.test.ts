import { expect } from 'chai'
import { createManualClock, type ManualClock } from '../support/manual-clock.ts'
import { useRealSockets } from '../support/real-sockets.ts'
import { demo, openCounter, takeCoffee, takePoints, type Counter } from './counter.ts'

/** What a call that gives back may take. */
const callMs = 2_000

/**
 * Story: an undo has the turn of its card for as long as it waits for a slot and for the core. Whatever the till asked
 * for that card meanwhile was answered "nothing was done", though the journal said otherwise.
 */
describe('a till whose card does not get its turn in time', () => {
  useRealSockets()
  let counter: Counter
  let clock: ManualClock
  beforeEach(async () => {
    clock = createManualClock()
    counter = await openCounter({ POS_DEADLINE_MS: '1200' }, { clock })
  })
  afterEach(() => counter.close())

  const { anna } = demo.cards
  const codeOf = async (answer: ReturnType<Counter['till']['debit']>) => {
    const { reply } = await answer
    return reply.code ?? reply.response
  }

  it('is told the state of its debit, and that nothing was done only if that is true', async () => {
    const first = await counter.till.debit(takePoints)
    expect(first.reply).to.include({ response: 'OK', points: 1050 })
    counter.core.faults.next({ operation: 'redeem', kind: '500', when: 'after' })
    expect(await codeOf(counter.till.debit(takeCoffee))).to.equal('NOT_REDEEMED')
    const undo = counter.core.faults.next({ operation: 'restore', kind: 'hang' })
    await clock.passUntilSet(callMs)
    await undo.reached

    const answers = Promise.all([
      counter.till.debit(takePoints),
      counter.till.debit(takeCoffee),
      counter.till.debit({ ...takePoints, transactionId: 'P-2' }),
    ])
    // Of their 1,200 ms, 500 are kept for the call.
    await clock.whenSet(700, 3)
    await clock.pass(700)
    const [again, inDoubt, more] = await answers
    expect(again.reply).to.include({ response: 'OK', redemptionId: first.reply.redemptionId, points: 1050 })
    expect(again.headers).to.have.property('x-idempotent-replayed', 'true')
    expect(inDoubt.reply.code).to.equal('TRY_AGAIN_SHORTLY')
    expect(more.reply.code).to.equal('CORE_UNAVAILABLE')
    undo.release()
    expect(counter.core.points(anna)).to.equal(1050)
  })

  it('is told that the reward will be given back if its credit is being repeated', async () => {
    await counter.till.debit(takeCoffee)
    counter.core.faults.next({ operation: 'restore', kind: '500', when: 'after' })
    const credit = { cardNumber: anna, originalTransactionId: 'T-1', transactionId: 'C-1' }
    expect(await codeOf(counter.till.credit(credit))).to.equal('NOT_GIVEN_BACK_YET')
    const undo = counter.core.faults.next({ operation: 'restore', kind: 'hang' })
    await clock.passUntilSet(callMs)
    await undo.reached

    const answer = codeOf(counter.till.credit(credit))
    // Of its 1,200 ms, 300 are kept for the answer.
    await clock.whenSet(900)
    await clock.pass(900)
    expect(await answer).to.equal('NOT_GIVEN_BACK_YET')
    const given = counter.service.line(({ msg, state }) => msg === 'undo' && state === 'credited')
    undo.release()
    await given
    expect(await codeOf(counter.till.credit(credit))).to.equal('OK')
  })
})
