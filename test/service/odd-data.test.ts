import { expect } from 'chai'
import nock from 'nock'
import { createTill } from '../simulators/till.ts'
import { mockedCore, startTestService, type TestService } from '../support/test-service.ts'

/** Story: breakers are shared by all keys, and what one member's data or one till's words brought about opened them. */
describe('odd data', () => {
  let service: TestService
  beforeEach(async () => {
    nock(mockedCore)
      .persist()
      .get('/v1/venue')
      .query(true)
      .reply(200, [{ id: '5b1e', currency: 'GBP' }])
    service = await startTestService({ BALANCE_FRESH_MS: '0' })
  })
  afterEach(async () => {
    await service.end()
    nock.cleanAll()
  })

  const till = (apiKey = 'key-of-one-project') =>
    createTill({ baseUrl: service.url, venueId: '1902', apiKey })
  const member = { first_name: 'Anna', last_name: 'Kovac', is_blocked: false }
  const tellOf = (card: string, member: object, coupons: unknown[], times: number) => {
    nock(mockedCore).get(`/v1/card/${card}`).times(times).reply(200, member)
    nock(mockedCore)
      .get(`/v1/card/${card}/coupons?status=activated`)
      .times(times)
      .reply(200, coupons as [])
  }

  it("of one member, scanned ten times, leaves every other's balance as it is, and shows what can be read", async () => {
    const odd = { id: 'uc-1', status: 'activated', coupon: { name: null } }
    const good = { id: 'uc-2', status: 'activated', coupon: { name: 'Pie', params: { aztecDiscountId: 12 } } }
    tellOf('ODDONE1', { member, wallet: [] }, [odd, good], 10)
    tellOf('ODDONE2', { member: null }, [], 20)
    for (let scan = 0; scan < 10; scan++) {
      const { reply } = await till().balance({ cardNumber: 'ODDONE1' })
      expect(reply).to.include({ response: 'OK' })
      expect(reply.rewards).to.deep.equal([{ id: 'uc-2', name: 'Pie', type: 'discount', discountId: '12' }])
    }
    for (let scan = 0; scan < 20; scan++)
      expect((await till().balance({ cardNumber: 'ODDONE2' })).reply.code).to.equal('CORE_UNAVAILABLE')

    tellOf('URCARD123', { member, wallet: { points: 5 } }, [], 1)
    const { reply } = await till('key-of-another').balance({ cardNumber: 'URCARD123' })
    expect(reply).to.include({ response: 'OK', points: 5 })
    expect(service.lines().filter(({ msg }) => msg.startsWith('core calls are stopped'))).to.deep.equal([])
  })

  it('of one till is answered without asking: no credit, undo or debit of another is stopped by it', async () => {
    const cardNumber = 'URCARD123'
    for (const redemptionId of ['R-€', '€'.repeat(36), 'not ours', 'a\u0101b'])
      for (let times = 0; times < 5; times++) {
        const { reply } = await till().credit({ cardNumber, redemptionId, rewardId: 'uc-1' })
        expect(reply.code, redemptionId).to.equal('NOTHING_TO_GIVE_BACK')
      }
    for (const rewardId of ['uc €', 'Crème', '🍺']) {
      const debit = await till().debit({ cardNumber, accountNumber: 'A-1', rewardId })
      expect(debit.reply.code, rewardId).to.equal('REWARD_UNKNOWN')
      const credit = await till().credit({ cardNumber, accountNumber: 'A-1', rewardId })
      expect(credit.reply.code, rewardId).to.equal('NOTHING_TO_GIVE_BACK')
    }
    const restored = { id: 'uc-1', status: 'activated' }
    nock(mockedCore).post(`/v1/card/${cardNumber}/coupon/restore`).reply(200, restored)
    const redemptionId = '3F0E4C59-6C0E-5D17-9D0B-6A6F0B6C1A11'
    const { reply } = await till('key-of-another').credit({ cardNumber, redemptionId, rewardId: 'uc-1' })
    expect(reply).to.include({ response: 'OK', redemptionId: redemptionId.toLowerCase() })
  })
})
