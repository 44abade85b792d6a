import { expect } from 'chai'
import { v5 as uuidV5 } from 'uuid'
import { readJournal } from '../support/read-journal.ts'
import { useRealSockets } from '../support/real-sockets.ts'
import { demo, openCounter, takeCoffee, takePoints, type Counter } from './counter.ts'

describe('a credit', () => {
  useRealSockets()
  let counter: Counter
  beforeEach(async () => (counter = await openCounter()))
  afterEach(() => counter.close())

  const { anna, ben } = demo.cards
  const { coffee } = demo.coupons
  const stateOfCoffee = () => counter.core.coupon(coffee)?.status

  it('finds its debit by the redemption, also in capitals, by the transaction, and by the bill', async () => {
    const ways = [
      (redemptionId: string) => ({ redemptionId }),
      () => ({ originalTransactionId: 'T-1' }),
      () => ({ accountNumber: 'A-1', rewardId: coffee }),
      (redemptionId: string) => ({ redemptionId: redemptionId.toUpperCase() }),
    ]
    for (const [index, way] of ways.entries()) {
      const debit = await counter.till.debit({
        ...takeCoffee,
        transactionId: index === 1 ? 'T-1' : `T-way-${index}`,
      })
      const credit = await counter.till.credit({ cardNumber: anna, ...way(debit.reply.redemptionId!) })
      expect(credit.reply).to.deep.include({ response: 'OK', redemptionId: debit.reply.redemptionId })
      expect(credit.reply.reward).to.include({ id: coffee })
      expect(stateOfCoffee()).to.equal('activated')
    }
  })

  it('gives points back and says how many there are now', async () => {
    await counter.till.debit(takePoints)
    const { reply } = await counter.till.credit({
      cardNumber: anna,
      transactionId: 'C-1',
      accountNumber: 'A-1',
      points: 200,
    })
    expect(reply).to.include({ response: 'OK', transactionId: 'C-1', pointsReturned: 200, points: 1250 })
  })

  it('gets OK again under the same transaction id or none, and ALREADY_GIVEN_BACK under another', async () => {
    await counter.till.debit(takePoints)
    const credit = { cardNumber: anna, originalTransactionId: 'P-1' }
    const first = await counter.till.credit({ ...credit, transactionId: 'C-1' })
    const again = await counter.till.credit({ ...credit, transactionId: 'C-1' })
    expect(again.reply).to.include({
      response: 'OK',
      redemptionId: first.reply.redemptionId,
      pointsReturned: 200,
      points: 1250,
    })
    expect(again.headers).to.have.property('x-idempotent-replayed', 'true')
    expect((await counter.till.credit(credit)).reply).to.include({ response: 'OK' })
    expect((await counter.till.credit({ ...credit, transactionId: 'C-2' })).reply.code).to.equal(
      'ALREADY_GIVEN_BACK',
    )
    expect(counter.core.points(anna)).to.equal(1250)
  })

  it('gives back each of two debits of the same points once', async () => {
    await counter.till.debit(takePoints)
    await counter.till.debit({ ...takePoints, transactionId: 'P-2' })
    const byBill = { cardNumber: anna, accountNumber: 'A-1', points: 200 }
    for (const transactionId of ['C-1', 'C-1', 'C-2', 'C-2'])
      expect((await counter.till.credit({ ...byBill, transactionId })).reply).to.include({ response: 'OK' })
    expect(counter.core.points(anna)).to.equal(1250)
    expect((await counter.till.credit({ ...byBill, transactionId: 'C-3' })).reply.code).to.equal(
      'ALREADY_GIVEN_BACK',
    )
  })

  it('gives nothing back to another card', async () => {
    const { reply } = await counter.till.debit(takeCoffee)
    const credit = await counter.till.credit({ cardNumber: ben, redemptionId: reply.redemptionId! })
    expect(credit.reply.code).to.equal('NOTHING_TO_GIVE_BACK')
    expect(stateOfCoffee()).to.equal('redeemed')
  })

  it('has nothing to give back if its debit was refused', async () => {
    await counter.till.debit({ ...takeCoffee, rewardId: demo.coupons.expired })
    const credit = await counter.till.credit({ cardNumber: anna, originalTransactionId: 'T-1' })
    expect(credit.reply.code).to.equal('NOTHING_TO_GIVE_BACK')
    expect(counter.moves()).to.have.length(1)
  })

  it('waits for its debit, then gives it back', async () => {
    await counter.till.balance({ cardNumber: anna })
    counter.core.faults.next({ operation: 'debit', kind: 'delay', ms: 100 })
    const debit = counter.till.debit(takePoints)
    await counter.core.call(({ operation }) => operation === 'debit')
    const credit = await counter.till.credit({ cardNumber: anna, originalTransactionId: 'P-1', points: 200 })
    expect((await debit).reply).to.include({ response: 'OK' })
    expect(credit.reply).to.include({ response: 'OK', points: 1250 })
  })

  // The record that the debit's OK had left was dropped because of the credit: ten seconds later the guest's reward was
  // given back, though the core had refused the credit.
  it('lets the debit that it waited for stand if the core refuses to give it back', async () => {
    await counter.till.balance({ cardNumber: anna })
    const debited = counter.core.faults.next({ operation: 'redeem', kind: 'hang' })
    counter.core.faults.next({
      operation: 'restore',
      kind: 'refusal',
      exception: 'MemberBlockedException',
    })
    const debit = counter.till.debit(takeCoffee)
    await debited.reached
    const credit = counter.till.credit({ cardNumber: anna, originalTransactionId: 'T-1' })
    // A message that was sent after the credit is answered, so the credit is waiting by now.
    await counter.till.balance({ cardNumber: anna })
    debited.release()
    const { reply } = await debit
    expect(reply).to.include({ response: 'OK' })
    expect((await credit).reply).to.include({ response: 'Error', code: 'MEMBER_BLOCKED' })
    await counter.service.stop()
    const row = await readJournal(counter.service, (journal) => journal.findRedemption(reply.redemptionId!))
    expect(row).to.deep.include({ state: 'confirmed', undo: undefined })
    expect(row?.answeredAtMs).to.be.a('number')
  })

  // The repeat joined the debit that was under way, and overtook the credit that waited for it: the till's last answer
  // was OK, for a reward that had been given back.
  it('is not overtaken by a repeat of the debit that it waits for', async () => {
    await counter.till.balance({ cardNumber: anna })
    const debited = counter.core.faults.next({ operation: 'redeem', kind: 'hang' })
    const debit = counter.till.debit(takeCoffee)
    await debited.reached
    const credit = counter.till.credit({ cardNumber: anna, originalTransactionId: 'T-1' })
    // A message that was sent after the credit is answered, so the credit is waiting by now.
    await counter.till.balance({ cardNumber: anna })
    const repeat = counter.till.debit(takeCoffee)
    await counter.till.balance({ cardNumber: anna })
    debited.release()
    expect((await debit).reply).to.include({ response: 'OK' })
    expect((await credit).reply).to.include({ response: 'OK' })
    expect((await repeat).reply).to.include({ response: 'Error', code: 'ALREADY_GIVEN_BACK' })
  })

  it('undoes a debit that is in doubt, whether it was done or not', async () => {
    for (const when of ['before', 'after'] as const) {
      counter.core.faults.next({ operation: 'debit', kind: '500', when })
      const debit = { ...takePoints, transactionId: `P-${when}` }
      expect((await counter.till.debit(debit)).reply.code).to.equal('NOT_REDEEMED')
      const credit = await counter.till.credit({
        cardNumber: anna,
        originalTransactionId: debit.transactionId,
      })
      expect(credit.reply).to.include({ response: 'OK', pointsReturned: 200 })
      expect(counter.core.points(anna)).to.equal(1250)
    }
  })

  it("gets NOT_GIVEN_BACK_YET if the core's answer is lost, holds the reward, and is done by the next credit", async () => {
    await counter.till.debit(takeCoffee)
    for (const when of ['before', 'after'] as const) {
      counter.core.faults.next({ operation: 'restore', kind: 'reset', when })
      const credit = await counter.till.credit({ cardNumber: anna, originalTransactionId: 'T-1' })
      expect([credit.status, credit.reply.code, credit.reply.retry]).to.deep.equal([
        503,
        'NOT_GIVEN_BACK_YET',
        true,
      ])
      expect((await counter.till.debit(takeCoffee)).reply.code).to.equal('TRY_AGAIN_SHORTLY')
    }
    expect(
      (await counter.till.credit({ cardNumber: anna, originalTransactionId: 'T-1' })).reply.response,
    ).to.equal('OK')
    expect(stateOfCoffee()).to.equal('activated')
    const keys = counter
      .moves()
      .flatMap(({ operation, headers }) => (operation === 'restore' ? headers['idempotency-key'] : []))
    expect(new Set(keys).size, 'the same call until the core has answered').to.equal(1)
  })

  it('can be repeated later if the core was not reached', async () => {
    await counter.till.debit(takeCoffee)
    await counter.core.goAway()
    const first = await counter.till.credit({ cardNumber: anna, originalTransactionId: 'T-1' })
    expect([first.status, first.reply.code]).to.deep.equal([503, 'CORE_UNAVAILABLE'])
    await counter.core.comeBack()
    expect(
      (await counter.till.credit({ cardNumber: anna, originalTransactionId: 'T-1' })).reply.response,
    ).to.equal('OK')
  })

  describe('whose debit is not in the journal', () => {
    const credit = { cardNumber: anna, originalTransactionId: 'T-1', rewardId: coffee }

    it('asks the core, and refuses the debit that comes late', async () => {
      expect((await counter.till.credit(credit)).reply.code).to.equal('NOTHING_TO_GIVE_BACK')
      expect((await counter.till.debit(takeCoffee)).reply.code).to.equal('ALREADY_GIVEN_BACK')
      expect(stateOfCoffee()).to.equal('activated')
    })

    it('does not ask the core if only the bill names it', async () => {
      const byBill = { cardNumber: anna, accountNumber: 'A-1', rewardId: coffee }
      expect((await counter.till.credit(byBill)).reply.code).to.equal('NOTHING_TO_GIVE_BACK')
      expect(counter.moves()).to.have.length(0)
      const { transactionId: _, ...withoutId } = takeCoffee
      expect((await counter.till.debit(withoutId)).reply.code).to.equal('ALREADY_GIVEN_BACK')
    })

    it('gives back what the core has taken, as after the loss of a journal', async () => {
      const debit = await counter.till.debit(takeCoffee)
      const other = await openCounter({ CORE_BASE_URL: counter.core.url })
      try {
        const { reply } = await other
          .openTill()
          .credit({ ...credit, redemptionId: debit.reply.redemptionId! })
        expect(reply).to.include({ response: 'OK', redemptionId: debit.reply.redemptionId })
        expect(stateOfCoffee()).to.equal('activated')
      } finally {
        await other.close()
      }
    })

    it('finds the reference of a debit by its transaction alone, on an empty journal', async () => {
      const debit = await counter.till.debit(takeCoffee)
      const other = await openCounter({ CORE_BASE_URL: counter.core.url })
      try {
        const { reply } = await other.openTill().credit(credit)
        expect(reply).to.include({ response: 'OK', redemptionId: debit.reply.redemptionId })
      } finally {
        await other.close()
      }
    })

    it('has nothing to give back if it names a redemption id that is not ours', async () => {
      const redemptionId = uuidV5('nobody', '5d3c1c0e-6f0a-5b7e-9c55-3f0f5f7b2a11')
      const { reply } = await counter.till.credit({ cardNumber: anna, redemptionId })
      expect(reply.code).to.equal('NOTHING_TO_GIVE_BACK')
      expect(counter.moves()).to.have.length(0)
    })
  })
})
