import { expect } from 'chai'
import { useRealSockets } from '../support/real-sockets.ts'
import { demo, openCounter, takeCoffee, takePoints, type Counter } from './counter.ts'

describe('a debit', () => {
  useRealSockets()
  let counter: Counter
  beforeEach(async () => (counter = await openCounter()))
  afterEach(() => counter.close())

  const { anna } = demo.cards
  const stateOfCoffee = () => counter.core.coupon(demo.coupons.coffee)?.status

  it('takes a coupon once and says what was taken', async () => {
    const { status, reply } = await counter.till.debit(takeCoffee)
    expect(reply).to.deep.include({ response: 'OK', transactionId: 'T-1' })
    expect(status).to.equal(200)
    expect(reply.reward).to.include({ id: demo.coupons.coffee, entityCode: '10000000123', type: 'promotion' })
    expect(stateOfCoffee()).to.equal('redeemed')
    expect(counter.core.violations).to.deep.equal([])
  })

  it('takes points once and says what is left', async () => {
    const { reply } = await counter.till.debit(takePoints)
    expect(reply).to.deep.include({ response: 'OK', pointsTaken: 200, points: 1050 })
    expect(counter.core.points(anna)).to.equal(1050)
  })

  it('answers a repeat with the first answer and does not ask the core again', async () => {
    const first = await counter.till.debit(takePoints)
    const again = await counter.till.debit(takePoints)
    const { requestId: _first, ...said } = first.reply
    const { requestId: _again, ...saidAgain } = again.reply
    expect(saidAgain).to.deep.equal(said)
    expect(first.headers).not.to.have.property('x-idempotent-replayed')
    expect(again.headers).to.have.property('x-idempotent-replayed', 'true')
    expect(counter.moves()).to.have.length(1)
  })

  it('gets one answer from one call if it comes several times at once', async () => {
    const twins = await Promise.all([1, 2, 3].map(() => counter.till.debit(takePoints)))
    expect(new Set(twins.map(({ reply }) => reply.redemptionId)).size).to.equal(1)
    expect(twins.map(({ reply }) => reply.response)).to.deep.equal(['OK', 'OK', 'OK'])
    expect(counter.core.points(anna)).to.equal(1050)
    expect(counter.moves()).to.have.length(1)
  })

  it('gets one refusal from one call if it comes twice at once', async () => {
    const unknownCard = { ...takePoints, cardNumber: demo.cards.unknown }
    const twins = await Promise.all([1, 2].map(() => counter.till.debit(unknownCard)))
    expect(twins.map(({ reply }) => reply.code)).to.deep.equal(['CARD_UNKNOWN', 'CARD_UNKNOWN'])
    expect(counter.moves()).to.have.length(1)
  })

  it('gets the same refusal again under a transaction id, and a new answer of the core without one', async () => {
    const expired = { ...takeCoffee, rewardId: demo.coupons.expired }
    for (let times = 0; times < 2; times++)
      expect((await counter.till.debit(expired)).reply.code).to.equal('REWARD_EXPIRED')
    expect(counter.moves()).to.have.length(1)
    const { transactionId: _, ...withoutId } = expired
    for (let times = 0; times < 2; times++) await counter.till.debit(withoutId)
    expect(counter.moves()).to.have.length(3)
  })

  it('is refused if its transaction id belongs to another debit', async () => {
    await counter.till.debit(takePoints)
    const { reply, status } = await counter.till.debit({ ...takePoints, points: 300 })
    expect([status, reply.code]).to.deep.equal([200, 'DUPLICATE_REFERENCE'])
    expect(counter.core.points(anna)).to.equal(1050)
  })

  it('is a repeat if its coupon is pressed again under another transaction id', async () => {
    const first = await counter.till.debit(takeCoffee)
    const again = await counter.till.debit({ ...takeCoffee, transactionId: 'T-2' })
    expect(again.reply.redemptionId).to.equal(first.reply.redemptionId)
    expect(again.reply.transactionId).to.equal('T-2')
    const credit = await counter.till.credit({
      cardNumber: anna,
      originalTransactionId: 'T-2',
      rewardId: demo.coupons.coffee,
    })
    expect(credit.reply).to.include({ response: 'OK' })
    expect(stateOfCoffee()).to.equal('activated')
  })

  it('takes a reward again after it was given back', async () => {
    const { transactionId: _, ...withoutId } = takeCoffee
    const first = await counter.till.debit(withoutId)
    await counter.till.credit({ cardNumber: anna, accountNumber: 'A-1', rewardId: demo.coupons.coffee })
    const second = await counter.till.debit(withoutId)
    expect(second.reply).to.include({ response: 'OK' })
    expect(second.reply.redemptionId).to.not.equal(first.reply.redemptionId)
    expect(stateOfCoffee()).to.equal('redeemed')
  })

  it('gets ALREADY_GIVEN_BACK if it is repeated after its credit', async () => {
    await counter.till.debit(takePoints)
    await counter.till.credit({ cardNumber: anna, originalTransactionId: 'P-1' })
    expect((await counter.till.debit(takePoints)).reply.code).to.equal('ALREADY_GIVEN_BACK')
    expect(counter.core.points(anna)).to.equal(1250)
  })

  const unknownOutcomes = [
    'hang',
    'reset',
    '500',
    'garbage',
    'html',
    'empty',
    'truncated',
    'redirect',
  ] as const
  for (const kind of unknownOutcomes)
    for (const when of ['before', 'after'] as const)
      it(`gets no OK and is not sent again if the core's answer is lost (${kind}, ${when} doing it)`, async () => {
        counter.core.faults.next({ operation: 'debit', kind, when })
        const first = await counter.till.debit(takePoints)
        expect([first.status, first.reply.code, first.reply.retry]).to.deep.equal([503, 'NOT_REDEEMED', true])
        expect(first.headers).to.have.property('retry-after')
        const again = await counter.till.debit(takePoints)
        expect(again.reply.code).to.equal('TRY_AGAIN_SHORTLY')
        expect(counter.moves()).to.have.length(1)
      })

  it('holds a coupon whose outcome is unknown, on every bill and under every transaction id', async () => {
    counter.core.faults.next({ operation: 'redeem', kind: '500', when: 'after' })
    await counter.till.debit(takeCoffee)
    const elsewhere = await counter.till.debit({ ...takeCoffee, transactionId: 'T-9', accountNumber: 'B-7' })
    expect(elsewhere.reply.code).to.equal('TRY_AGAIN_SHORTLY')
    const other = await counter.till.debit({
      ...takeCoffee,
      transactionId: 'T-10',
      rewardId: demo.coupons.cake,
    })
    expect(other.reply).to.include({ response: 'OK' })
  })

  it('makes the same attempt again if it was not done', async () => {
    await counter.till.balance({ cardNumber: anna })
    await counter.core.goAway()
    const first = await counter.till.debit(takePoints)
    expect([first.status, first.reply.code]).to.deep.equal([503, 'CORE_UNAVAILABLE'])
    await counter.core.comeBack()
    expect((await counter.till.debit(takePoints)).reply).to.include({ response: 'OK', points: 1050 })
  })

  it('gets CORE_BUSY if the core answers 429, and nothing more is sent while the core blocks us', async () => {
    counter.core.faults.next({
      operation: 'debit',
      kind: 'refusal',
      exception: 'RateLimitExceededException',
    })
    const first = await counter.till.debit(takePoints)
    expect([first.status, first.reply.code]).to.deep.equal([503, 'CORE_BUSY'])
    const again = await counter.till.debit(takePoints)
    expect([again.status, again.reply.code]).to.deep.equal([503, 'CORE_BUSY'])
    expect(counter.moves()).to.have.length(1)
  })

  it('has its venue and key checked again after the core has refused the key', async () => {
    await counter.till.balance({ cardNumber: anna })
    counter.core.faults.next({ operation: 'debit', kind: 'refusal', exception: 'InvalidTokenException' })
    const first = await counter.till.debit(takePoints)
    expect([first.status, first.reply.code]).to.deep.equal([401, 'CREDENTIALS_WRONG'])
    expect((await counter.till.debit(takePoints)).reply).to.include({ response: 'OK' })
    expect(counter.core.calls.filter(({ operation }) => operation === 'venue')).to.have.length(2)
  })

  it('keeps the approval of a key that may only read', async () => {
    const reader = counter.openTill({ apiKey: demo.readOnlyKey })
    for (let times = 0; times < 2; times++) {
      const { status, reply } = await reader.debit(takePoints)
      expect([status, reply.code]).to.deep.equal([403, 'KEY_NOT_ALLOWED'])
    }
    expect(counter.core.calls.filter(({ operation }) => operation === 'venue')).to.have.length(1)
  })

  it('is followed by the new balance, not by one from memory', async () => {
    expect((await counter.till.balance({ cardNumber: anna })).reply.points).to.equal(1250)
    await counter.till.debit(takePoints)
    expect((await counter.till.balance({ cardNumber: anna })).reply.points).to.equal(1050)
  })
})
