import { expect } from 'chai'
import fc from 'fast-check'
import nock from 'nock'
import { toMember, toVenue } from '../../src/trifft/mapping.ts'
import { caller, cardNumber, coreOrigin, coreParts, exchangeWith, order, startMs } from './setup.ts'

const inSeconds = (seconds: number) => startMs / 1000 + seconds

function userCoupon(id: string, changes: object = {}, coupon: object = {}) {
  return {
    id,
    status: 'activated',
    valid_until: null,
    ...changes,
    coupon: {
      id: 'c-9',
      name: 'Free coffee',
      type: 'GENERAL',
      points: null,
      is_enabled: true,
      params: { aztecEntityCode: '10000000123' },
      ...coupon,
    },
  }
}

async function rewardsFrom(coupons: object[], env: Record<string, string> = {}) {
  const { client, clock, metrics } = coreParts(env)
  nock(coreOrigin).get('/v1/card/URCARD123/coupons?status=activated').reply(200, coupons)
  const rewards = await client.readRewards(caller, cardNumber, exchangeWith(clock))
  await client.close()
  const leftOut = /^zonal_rewards_left_out_total (\d+)/m.exec((await metrics.page()).body)?.[1]
  return { rewards, leftOut: Number(leftOut) }
}

describe('rewards, from user coupons,', () => {
  it('are a promotion by its entity code or a discount by its id', async () => {
    const { rewards, leftOut } = await rewardsFrom([
      userCoupon('uc-1', { valid_until: 1_798_156_799 }),
      userCoupon('uc-2', {}, { name: '10 % off', points: 200, params: { aztecDiscountId: '12' } }),
      userCoupon('uc-3', {}, { params: { aztecDiscountId: '12', aztecEntityCode: 10000000123 } }),
      userCoupon('uc-4', {}, { points: 0, is_enabled: null }),
    ])
    expect(rewards).to.deep.equal([
      {
        id: 'uc-1',
        name: 'Free coffee',
        type: 'promotion',
        entityCode: '10000000123',
        expires: '2026-12-24T23:59:59Z',
      },
      { id: 'uc-2', name: '10 % off', type: 'discount', discountId: '12', cost: 200 },
      { id: 'uc-3', name: 'Free coffee', type: 'promotion', entityCode: '10000000123' },
      { id: 'uc-4', name: 'Free coffee', type: 'promotion', entityCode: '10000000123' },
    ])
    expect(leftOut).to.equal(0)
  })

  it('have half characters replaced', async () => {
    const half = 'Birthday \ud83c'
    const name = 'Birthday \ufffd'
    const { rewards } = await rewardsFrom([
      userCoupon('uc-1', {}, { name: half, params: { aztecEntityCode: half } }),
      userCoupon('uc-2', {}, { params: { aztecDiscountId: half } }),
    ])
    expect(rewards).to.deep.equal([
      { id: 'uc-1', name, type: 'promotion', entityCode: name },
      { id: 'uc-2', name: 'Free coffee', type: 'discount', discountId: name },
    ])
    expect(toMember({ member: { is_blocked: false }, tier: { name: half } }).program).to.equal(name)
  })

  it('leave out what cannot be redeemed now, without counting it', async () => {
    const { rewards, leftOut } = await rewardsFrom([
      userCoupon('expired', { valid_until: inSeconds(0) }),
      userCoupon('last-second', { valid_until: inSeconds(1) }),
      userCoupon('disabled', {}, { is_enabled: false }),
      userCoupon('assigned', { status: 'assigned' }),
      userCoupon('redeemed', { status: 'redeemed' }, { params: {} }),
    ])
    expect(rewards.map(({ id }) => id)).to.deep.equal(['last-second'])
    expect(leftOut).to.equal(0)
  })

  it('leave out and count what no till can apply', async () => {
    const { rewards, leftOut } = await rewardsFrom([
      userCoupon('no-params', {}, { params: undefined }),
      userCoupon('php-empty-map', {}, { params: [] }),
      userCoupon('blank', {}, { params: { aztecEntityCode: ' ', aztecDiscountId: '' } }),
      userCoupon('digits-lost', {}, { params: { aztecEntityCode: 2 ** 53 } }),
      userCoupon('other-slug', {}, { params: { entityCode: '1' } }),
      userCoupon('good'),
    ])
    expect(rewards.map(({ id }) => id)).to.deep.equal(['good'])
    expect(leftOut).to.equal(5)
  })

  it('contain nothing that could control a till, a log or a terminal', async () => {
    const { rewards, leftOut } = await rewardsFrom([
      userCoupon('a', {}, { name: 'Free\u202e\u0007 co\u200bffee\n<b>&amp;' }),
      userCoupon('b', {}, { params: { aztecEntityCode: '\u206610\u0000000' } }),
      userCoupon('c\u202e'),
    ])
    expect(rewards.map(({ name }) => name)).to.deep.equal(['Free  coffee <b>&amp;', 'Free coffee'])
    expect(rewards[1]?.entityCode).to.equal('10 000')
    expect(leftOut).to.equal(1)
  })

  it('use the parameter names of the configuration', async () => {
    const slugs = { CORE_ENTITY_CODE_PARAMETER: 'promo', CORE_DISCOUNT_ID_PARAMETER: 'cut' }
    const coupons = [
      userCoupon('a', {}, { params: { promo: 7 } }),
      userCoupon('b', {}, { params: { cut: '8' } }),
    ]
    const { rewards } = await rewardsFrom(coupons, slugs)
    expect(rewards.map(({ entityCode, discountId }) => entityCode ?? discountId)).to.deep.equal(['7', '8'])
  })
})

describe('the result of a redemption or its undo', () => {
  async function moved(action: string, reply: object) {
    const { client, clock } = coreParts()
    nock(coreOrigin).post(`/v1/card/URCARD123/${action}`).reply(200, reply)
    const exchange = exchangeWith(clock)
    const points = { ...order, points: 200 }
    const reward = { ...order, rewardId: 'uc-1' }
    const calls: Record<string, () => Promise<unknown>> = {
      'coupon/redeem': () => client.redeemCoupon(reward, exchange),
      'coupon/restore': () => client.restoreCoupon(reward, exchange),
      'points/debit': () => client.takePoints(points, exchange),
      'points/credit': () => client.givePointsBack(points, exchange),
    }
    const answer = await calls[action]?.()
    await client.close()
    return answer
  }

  it('has the reward, without fields that the core leaves out', async () => {
    const { coupon } = userCoupon('uc-1', {}, { points: 200 })
    const reward = {
      id: 'uc-1',
      name: 'Free coffee',
      type: 'promotion',
      entityCode: '10000000123',
      cost: 200,
    }
    const redeemed = {
      id: 'uc-1',
      status: 'redeemed',
      redeemed_at: 1_763_899_200,
      reference: 'red-1',
      coupon,
    }
    expect(await moved('coupon/redeem', redeemed)).to.deep.equal({ reward })
    expect(await moved('coupon/restore', { id: 'uc-1', status: 'activated', coupon })).to.deep.equal({
      reward,
    })
    expect(await moved('coupon/redeem', { id: 'uc-1', status: 'redeemed' })).to.deep.equal({
      reward: { id: 'uc-1' },
    })
  })

  it('has the points that the member has afterwards', async () => {
    const debit = { id: 'm-1', points: -200, balance: 1050, reference: 'red-1' }
    expect(await moved('points/debit', debit)).to.deep.equal({ pointsLeft: 1050 })
    expect(await moved('points/credit', { ...debit, points: 200, balance: 1250 })).to.deep.equal({
      pointsLeft: 1250,
    })
  })
})

describe('a member, from a card,', () => {
  const member = { id: '0b6f', first_name: 'Anna', last_name: 'Kovac', is_blocked: false }

  it('has a short name, a programme and points', () => {
    const card = {
      member,
      tier: { id: 't', name: 'Gold' },
      wallet: { id: 'w', name: 'Points', points: 1250 },
    }
    expect(toMember(card)).to.deep.equal({ name: 'Anna K.', isBlocked: false, program: 'Gold', points: 1250 })
  })

  it('may be blocked, and have neither tier nor wallet', () => {
    expect(toMember({ member: { ...member, is_blocked: true }, tier: null })).to.deep.equal({
      name: 'Anna K.',
      isBlocked: true,
      program: undefined,
      points: undefined,
    })
  })

  for (const [first, last, name] of [
    [' Anna ', ' Kovac ', 'Anna K.'],
    ['Anna', '', 'Anna'],
    ['Anna', undefined, 'Anna'],
    ['Anna Maria', 'E\u0301clair', 'Anna Maria \u00c9.'],
    ['Anna', '𝒦ovac', 'Anna 𝒦.'],
    ['Anna\ud83c', '\ud835Kovac', 'Anna\ufffd \ufffd.'],
    ['', 'Kovac', undefined],
    [null, null, undefined],
  ] as const) {
    it(`is called ${name ?? 'nothing'} if the core has "${first}" "${last}"`, () => {
      const named = { first_name: first, last_name: last, is_blocked: false }
      expect(toMember({ member: named }).name).to.equal(name)
    })
  }

  it('never keeps more of the last name than its first letter', () => {
    const names = fc.string({ unit: 'grapheme' })
    fc.assert(
      fc.property(names, names, (first_name, last_name) => {
        const { name = '' } = toMember({ member: { first_name, last_name, is_blocked: false } })
        const rest = name.slice(first_name.trim().length)
        expect([...rest.replace(/^ |\.$/g, '')].length).to.be.at.most(1)
      }),
    )
  })
})

describe('a venue, from the core’s list,', () => {
  const crown = { id: '5b1e', currency: 'GBP', params: { aztecVenueId: '1902' } }
  const swan = { id: '77aa', currency: 'EUR', params: { aztecVenueId: 1903 } }
  const anonymous = { id: '99cc', currency: null, params: [] }
  type Venues = Parameters<typeof toVenue>[0]
  const find = (entries: Venues['entries'], id: string, leftOut = 0) =>
    toVenue({ entries, leftOut }, 'aztecVenueId', id)

  it('is the one whose parameter is the venue id, if there are several', () => {
    expect(find([swan, crown], '1902')).to.deep.equal({ id: '1902', coreId: '5b1e', currency: 'GBP' })
    expect(find([swan, crown], '1903')).to.deep.equal({ id: '1903', coreId: '77aa', currency: 'EUR' })
    expect(find([swan, crown, anonymous], '1904')).to.equal(undefined)
  })

  it('is not one with another venue id, even if the core has not filtered', () => {
    expect(find([crown], '1903')).to.equal(undefined)
  })

  it('is the only one in the list if that has no venue id', () => {
    expect(find([anonymous], '1904')).to.deep.equal({ id: '1904', coreId: '99cc', currency: undefined })
    expect(find([anonymous], '1904', 1), 'beside one that cannot be read').to.equal(undefined)
  })

  it('is undefined if the list is empty', () => {
    expect(find([], '1902')).to.equal(undefined)
  })
})
