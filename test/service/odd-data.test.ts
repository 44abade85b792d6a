import { expect } from 'chai'
import nock from 'nock'
import { createTill } from '../simulators/till.ts'
import { mockedCore, startTestService, type TestService } from '../support/test-service.ts'

/** Story: breakers are shared by all keys, and opened because of one member's data or one till's messages. */
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

  it('of one member, scanned ten times, does not affect other balances, and what can be read is shown', async () => {
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

  // A log line had 12.9 MB, and a name in the till's answer 900 KB.
  it('of a megabyte leads to no long log line, and to no answer that a till cannot show', async () => {
    const long = 'x'.repeat(900_000)
    tellOf('LARGE1', { member: { ...member, first_name: long } }, Array(300_000).fill({}), 1)
    const balance = await till().balance({ cardNumber: 'LARGE1' })
    expect(balance.reply).to.include({ response: 'OK' })
    expect(balance.text.length).to.be.below(1_000)
    nock(mockedCore)
      .post('/v1/card/LARGE1/points/debit')
      .reply(402, { code: 402, exception: 'InsufficientPointsException', event_id: long })
    const message = { cardNumber: 'LARGE1', accountNumber: 'A-1', transactionId: 'T-1', points: 5 }
    expect((await till().debit(message)).reply.code).to.equal('POINTS_NOT_ENOUGH')
    const lines = service.lines().filter(({ msg }) => msg === 'request')
    expect(lines).to.have.length(2)
    for (const line of lines) expect(JSON.stringify(line).length).to.be.below(2_000)
  })

  it('of one till is answered without asking the core, and stops no credit, undo or debit of another', async () => {
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
