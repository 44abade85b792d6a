import { expect } from 'chai'
import { maskIds, maskMoved, createMaskId, unmaskMoved } from '../../src/loyalty/mask-ids.ts'
import { createKeyedHash } from '../../src/model/keys.ts'
import { shownId, type What } from '../../src/model/words.ts'

describe('a coupon id that contains the card number', () => {
  const card = 'PUBCARD10001'
  const maskId = createMaskId(createKeyedHash('secret'))
  const mask = (rewardId: string, cardNumber = card) =>
    maskIds({ cardNumber, what: { kind: 'coupon', rewardId } as What }, maskId).what

  for (const rewardId of [
    'uc-PUBCARD10001-0',
    card,
    card.toLowerCase(),
    `https://loyalty.example/${card}`,
    Buffer.from(card).toString('base64'),
    `x${card}`,
  ])
    it(`is kept for the core, with a stand-in for everywhere else: ${rewardId}`, () => {
      const what = mask(rewardId)
      expect(what).to.include({ kind: 'coupon', rewardId })
      if (what.kind === 'coupon') expect(shownId(what)).to.match(/^id-[0-9a-f]{32}$/)
      expect(mask(rewardId)).to.deep.equal(what)
    })

  it('has no stand-in if it only contains a short card number by chance', () => {
    expect(mask('uc-12345', '12345')).to.deep.equal({ kind: 'coupon', rewardId: 'uc-12345' })
  })

  it("is removed from the core's answer, with any other text that contains the card, and put back for the till", () => {
    const rewardId = `uc-${card}-0`
    const what = mask(rewardId)
    const moved = { points: 3, reward: { id: rewardId, name: `Coffee for ${card}`, cost: 2 } }
    const masked = maskMoved(moved, card, maskId)
    expect(JSON.stringify(masked)).to.not.include(card)
    const stored = JSON.parse(JSON.stringify(masked))
    expect(unmaskMoved(stored, what)).to.deep.equal({ points: 3, reward: { id: rewardId, cost: 2 } })
  })
})
