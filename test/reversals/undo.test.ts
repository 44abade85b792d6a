import { expect } from 'chai'
import { say } from '../http/raw-client.ts'
import { demo, openCounter, takeCoffee, takePoints, type Counter } from '../service/counter.ts'
import { basic } from '../simulators/till/encode.ts'
import { createManualClock, type ManualClock } from '../support/manual-clock.ts'
import { useRealSockets } from '../support/real-sockets.ts'

/** From a debit whose outcome is unknown to its undo. */
const undoAfterMs = 2_000
/** From an OK that does not leave to the undo of its debit. */
const answerWithinMs = 10_000
/** What a call that gives back may take. */
const callMs = 2_000

/** Real requests and a real core; time passes only when the test says so. */
describe('a redemption in doubt', () => {
  useRealSockets()
  let counter: Counter
  let clock: ManualClock
  beforeEach(() => open())
  afterEach(() => counter.close())

  const open = async (env: Record<string, string> = {}) => {
    clock = createManualClock()
    counter = await openCounter(env, { clock })
  }
  const { anna } = demo.cards
  const undone = () => counter.service.line(({ msg, state }) => msg === 'undo' && state === 'reversed')
  const undoCalls = () => counter.core.calls.filter(({ path }) => /restore|credit/.test(path))

  it('is undone after its answer was lost, and the reward can be taken again', async () => {
    counter.core.faults.next({ operation: 'debit', kind: 'reset', when: 'after' })
    expect((await counter.till.debit(takePoints)).reply.code).to.equal('NOT_REDEEMED')
    expect(counter.core.points(anna)).to.equal(1050)
    await clock.pass(undoAfterMs - 1)
    expect(undoCalls(), 'not before it is due').to.deep.equal([])
    await clock.pass(1)
    await undone()
    expect(counter.core.points(anna)).to.equal(1250)
    expect((await counter.till.balance({ cardNumber: anna })).reply.points).to.equal(1250)
    const again = await counter.till.debit(takePoints)
    expect(again.reply).to.include({ response: 'OK', points: 1050 })
    expect(counter.core.violations).to.deep.equal([])
  })

  it('is undone if the till gave up before its OK', async () => {
    await counter.till.balance({ cardNumber: anna })
    const fault = counter.core.faults.next({ operation: 'redeem', kind: 'hang' })
    const body = JSON.stringify(takeCoffee)
    const till = await say(
      counter.service.port,
      [
        'POST /zonal/v1/debit HTTP/1.1',
        'Host: adapter',
        'Content-Type: application/json',
        `Authorization: ${basic({ venueId: demo.venueId, apiKey: demo.apiKey })}`,
        `Content-Length: ${Buffer.byteLength(body)}`,
        '',
        body,
      ].join('\r\n'),
    )
    await fault.reached
    till.socket.destroy()
    fault.release()
    const { unheardCode } = await counter.service.line(({ code }) => code === 'HUNG_UP')
    expect(unheardCode).to.equal('OK')
    await clock.pass(answerWithinMs - 1)
    expect(undoCalls(), 'not before it is due').to.deep.equal([])
    await clock.pass(1)
    await undone()
    expect(counter.core.coupon(demo.coupons.coffee)?.status).to.equal('activated')
  })

  it('has its undo retried while the core is down, and is settled when it is back', async () => {
    counter.core.faults.next({ operation: 'redeem', kind: '500', when: 'after' })
    await counter.till.debit(takeCoffee)
    await counter.core.goAway()
    const failures = () => counter.service.lines().filter(({ msg, outcome }) => msg === 'undo' && outcome)
    for (const count of [1, 2]) {
      await clock.passUntilSet(callMs)
      await counter.service.line(() => failures().length === count)
    }
    expect(failures().map(({ outcome }) => outcome)).to.deep.equal(['not_done', 'not_done'])
    await counter.core.comeBack()
    await clock.passUntilSet(callMs)
    await undone()
    expect(counter.core.coupon(demo.coupons.coffee)?.status).to.equal('activated')
  })

  it('of a credit is repeated until it is done, never reversed', async () => {
    await counter.till.debit(takeCoffee)
    counter.core.faults.next({ operation: 'restore', kind: '500' })
    const credit = { cardNumber: anna, originalTransactionId: 'T-1', transactionId: 'C-1' }
    expect((await counter.till.credit(credit)).reply.code).to.equal('NOT_GIVEN_BACK_YET')
    await clock.passUntilSet(callMs)
    await counter.service.line(({ msg, state }) => msg === 'undo' && state === 'credited')
    expect(counter.core.coupon(demo.coupons.coffee)?.status).to.equal('activated')
    expect((await counter.till.credit(credit)).reply.response).to.equal('OK')
  })

  it('has its card to itself while it is undone: a credit from the till waits, and does not ask the core', async () => {
    await counter.close()
    await open({ POS_DEADLINE_MS: '800' })
    counter.core.faults.next({ operation: 'redeem', kind: '500', when: 'after' })
    expect((await counter.till.debit(takeCoffee)).reply.code).to.equal('NOT_REDEEMED')
    const undo = counter.core.faults.next({ operation: 'restore', kind: 'hang' })
    await clock.pass(undoAfterMs)
    await undo.reached
    const credit = { cardNumber: anna, originalTransactionId: 'T-1' }
    const answer = counter.till.credit(credit)
    // Of its 800 ms, 300 are kept for the answer.
    await clock.whenSet(500)
    await clock.pass(500)
    expect((await answer).reply.code).to.equal('NOT_GIVEN_BACK_YET')
    const settled = undone()
    undo.release()
    await settled
    expect((await counter.till.credit(credit)).reply.response).to.equal('OK')
    expect(counter.core.calls.filter(({ path }) => path.endsWith('/coupon/restore'))).to.have.length(1)
    expect(counter.core.coupon(demo.coupons.coffee)?.status).to.equal('activated')
  })
})
