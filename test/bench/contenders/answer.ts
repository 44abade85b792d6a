export type Card = {
  member: { first_name: string; last_name: string }
  tier: { name: string }
  wallet: { points: number }
}

export type Coupon = {
  id: string
  coupon: { name: string; points: number | null; params: { aztecEntityCode: string } }
}

/** What every contender answers a till from the core's two answers. */
export function toAnswer(cardNumber: string, { member, tier, wallet }: Card, coupons: Coupon[]): object {
  return {
    response: 'OK',
    cardNumber,
    member: { name: `${member.first_name} ${member.last_name[0]}.` },
    program: tier.name,
    points: wallet.points,
    rewards: coupons.map(({ id, coupon }) => ({
      id,
      name: coupon.name,
      type: 'promotion',
      entityCode: coupon.params.aztecEntityCode,
      ...(coupon.points && { cost: coupon.points }),
    })),
  }
}

/** @returns the API key of an `Authorization: Basic` */
export function readApiKey(authorization = ''): string {
  const [, basic = ''] = authorization.split(' ')
  const [, apiKey = ''] = Buffer.from(basic, 'base64').toString().split(':')
  return apiKey
}
