import { expect } from 'chai'
import { isNoCoupon } from '../../src/loyalty/cover-ids.ts'

describe('the id of a reward that holds the number of its card', () => {
  const card = 'PUBCARD10001'
  const isRefused = (rewardId: string, cardNumber = card) =>
    isNoCoupon({ kind: 'coupon', rewardId }, cardNumber)

  // Every debit of a core that builds its ids from card numbers would have been refused.
  for (const rewardId of ['uc-PUBCARD10001-0', 'PUBCARD10001:7', 'uc_PUBCARD10001', '9.PUBCARD10001'])
    it(`is one that a core may have made: ${rewardId}`, () => {
      expect(isRefused(rewardId)).to.equal(false)
    })

  for (const rewardId of [
    card,
    card.toLowerCase(),
    'P U B C A R D 1 0 0 0 1',
    `see ${card} there`,
    `https://loyalty.example/${card}`,
    Buffer.from(card).toString('base64'),
    `x${card}`,
  ])
    it(`is a slip of the till: ${rewardId}`, () => {
      expect(isRefused(rewardId)).to.equal(true)
    })

  it('is none of a short card, which may be equal to one by chance', () => {
    expect(isRefused('uc-1', 'uc1x')).to.equal(false)
    expect(isRefused('12345', '12345')).to.equal(false)
  })
})
