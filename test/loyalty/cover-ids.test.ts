import { expect } from 'chai'
import { coverIds, coverMoved, createCoverId, uncoverMoved } from '../../src/loyalty/cover-ids.ts'
import { createKeyedHash } from '../../src/model/keys.ts'
import { shownId, type What } from '../../src/model/words.ts'

describe('a coupon id that contains the card number', () => {
  const card = 'PUBCARD10001'
  const coverId = createCoverId(createKeyedHash('secret'))
  const cover = (rewardId: string, cardNumber = card) =>
    coverIds({ cardNumber, what: { kind: 'coupon', rewardId } as What }, coverId).what

  for (const rewardId of [
    'uc-PUBCARD10001-0',
    card,
    card.toLowerCase(),
    `https://loyalty.example/${card}`,
    Buffer.from(card).toString('base64'),
    `x${card}`,
  ])
    it(`is kept for the core, with a stand-in for everywhere else: ${rewardId}`, () => {
      const what = cover(rewardId)
      expect(what).to.include({ kind: 'coupon', rewardId })
      if (what.kind === 'coupon') expect(shownId(what)).to.match(/^id-[0-9a-f]{32}$/)
      expect(cover(rewardId)).to.deep.equal(what)
    })

  it('has no stand-in if it only contains a short card number by chance', () => {
    expect(cover('uc-12345', '12345')).to.deep.equal({ kind: 'coupon', rewardId: 'uc-12345' })
  })

  it("is removed from the core's answer, with any other text that contains the card, and put back for the till", () => {
    const rewardId = `uc-${card}-0`
    const what = cover(rewardId)
    const moved = { points: 3, reward: { id: rewardId, name: `Coffee for ${card}`, cost: 2 } }
    const covered = coverMoved(moved, card, coverId)
    expect(JSON.stringify(covered)).to.not.include(card)
    const stored = JSON.parse(JSON.stringify(covered))
    expect(uncoverMoved(stored, what)).to.deep.equal({ points: 3, reward: { id: rewardId, cost: 2 } })
  })
})
