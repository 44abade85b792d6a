import { expect } from 'chai'
import { useRealSockets } from '../support/real-sockets.ts'
import { demo, openCounter, takeCoffee, takePoints, type Counter } from './counter.ts'

const { anna, ben } = demo.cards
const { coffee } = demo.coupons
/** The core is asked again at once after it has refused a call for its limit. */
const env = { CORE_BLOCK_MS: '1' }
const busy = { kind: 'refusal', exception: 'RateLimitExceededException' } as const

describe('a credit', function () {
  // An undo of a debit without an answer comes after two seconds.
  this.timeout(20_000)
  useRealSockets()
  let counter: Counter
  beforeEach(async () => {
    counter = await openCounter(env)
    // The venue is approved from now on, so that the next call to the core is the one that is meant.
    await counter.till.balance({ cardNumber: anna })
  })
  afterEach(() => counter.close())

  const stateOfCoffee = () => counter.core.coupon(coffee)?.status
  const heard = ({ reply }: { reply: { response?: string; code?: string } }) => reply.code ?? reply.response

  // Its own debit stayed in the way: the till heard that there was nothing to give back, or that it was given back when it
  // was not, and a further repeat took the coupon again.
  for (const [what, fault] of [
    ['was not sent', busy],
    ['got no answer', { kind: '500' }],
  ] as const)
    it(`gives back what a repeat was told was taken, though its own debit ${what} before`, async () => {
      const second = { ...takeCoffee, transactionId: 'T-2' }
      counter.core.faults.next({ operation: 'redeem', ...fault })
      expect(heard(await counter.till.debit(second))).to.not.equal('OK')
      let taken
      do taken = await counter.till.debit(takeCoffee)
      while (heard(taken) !== 'OK')
      const { redemptionId } = taken.reply
      expect((await counter.till.debit(second)).reply).to.include({ response: 'OK', redemptionId })

      const credit = { cardNumber: anna, originalTransactionId: 'T-2', rewardId: coffee }
      expect((await counter.till.credit(credit)).reply).to.include({ response: 'OK', redemptionId })
      expect(stateOfCoffee()).to.equal('activated')
      for (const transactionId of ['T-2', 'T-1'])
        expect(heard(await counter.till.debit({ ...takeCoffee, transactionId }))).to.equal(
          'ALREADY_GIVEN_BACK',
        )
      expect(stateOfCoffee()).to.equal('activated')
    })

  // It heard that there was nothing to give back, for good.
  for (const [code, fault] of [
    ['CORE_BUSY', busy],
    ['MEMBER_BLOCKED', { kind: 'refusal', exception: 'MemberBlockedException' }],
  ] as const)
    it(`of a debit that the journal has lost can come again after ${code}`, async () => {
      const { redemptionId } = (await counter.till.debit(takeCoffee)).reply
      const other = await openCounter({ ...env, CORE_BASE_URL: counter.core.url })
      try {
        await other.till.balance({ cardNumber: anna })
        counter.core.faults.next({ operation: 'restore', ...fault })
        const credit = {
          ...{ cardNumber: anna, transactionId: 'C-1', originalTransactionId: 'T-1' },
          ...{ redemptionId: redemptionId!, rewardId: coffee },
        }
        expect(heard(await other.till.credit(credit))).to.equal(code)
        let again
        do again = await other.till.credit(credit)
        while (heard(again) === 'CORE_BUSY')
        expect(again.reply).to.include({ response: 'OK', redemptionId })
        expect(stateOfCoffee()).to.equal('activated')
        expect(heard(await other.till.debit(takeCoffee))).to.equal('ALREADY_GIVEN_BACK')
      } finally {
        await other.close()
      }
    })

  it('with a wrong redemption id does not keep the right one from giving back', async () => {
    await counter.till.debit(takePoints)
    const credit = { cardNumber: anna, originalTransactionId: 'P-1', points: 200 }
    const wrong = { ...credit, redemptionId: '11111111-1111-5111-8111-111111111111' }
    expect(heard(await counter.till.credit(wrong))).to.equal('NOTHING_TO_GIVE_BACK')
    expect(heard(await counter.till.debit(takePoints))).to.equal('OK')
    expect((await counter.till.credit(credit)).reply).to.include({ response: 'OK', pointsReturned: 200 })
  })

  it("of a bill with another guest's card does not end the debit of the right one", async () => {
    const { transactionId: _, ...debit } = takeCoffee
    await counter.till.debit(debit)
    const credit = { accountNumber: 'A-1', rewardId: coffee }
    expect(heard(await counter.till.credit({ ...credit, cardNumber: ben }))).to.equal('NOTHING_TO_GIVE_BACK')
    expect(heard(await counter.till.debit(debit))).to.equal('OK')
    expect(heard(await counter.till.credit({ ...credit, cardNumber: anna }))).to.equal('OK')
  })
})
