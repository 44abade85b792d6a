import type { Card, Project, UserCoupon } from './project.ts'

const dayS = 86_400

export const demoProjectName = 'Crown and Anchor pubs'

/** What a till of the demo project needs to know. */
export const demo = {
  venueId: '1902',
  venueName: 'The Crown',
  apiKey: 'crown-demo-write-key',
  readOnlyKey: 'crown-demo-read-key',
  revokedKey: 'crown-demo-revoked-key',
  cards: {
    anna: 'CROWN1001',
    /** Has neither tier nor wallet nor coupon. */
    ben: 'CROWN1002',
    blocked: 'CROWN1003',
    /** Printed, never registered. */
    blank: 'CROWN1004',
    unknown: 'CROWN9999',
  },
  coupons: {
    coffee: 'uc-coffee',
    discount: 'uc-ten-off',
    cake: 'uc-cake',
    expired: 'uc-expired',
    disabled: 'uc-disabled',
    assigned: 'uc-assigned',
    otherVenue: 'uc-anchor-only',
    notForTills: 'uc-app-only',
  },
} as const

/** @param nowMs what "expired" is measured against */
export function demoProject(nowMs: number): Project {
  return {
    name: demoProjectName,
    keys: { [demo.apiKey]: 'write', [demo.readOnlyKey]: 'read', [demo.revokedKey]: 'revoked' },
    venues: [
      venue('5b1e7a52-0001-4c7e-9a01-000000001902', demo.venueName, '1902', 'GBP'),
      venue('5b1e7a52-0002-4c7e-9a01-000000001903', 'The Anchor', '1903', 'GBP'),
      venue('5b1e7a52-0003-4c7e-9a01-000000002001', 'Café Krone', '2001', 'EUR'),
    ],
    cards: [anna(Math.floor(nowMs / 1000)), ben, carl, { id: demo.cards.blank, coupons: [] }],
  }
}

function venue(id: string, name: string, aztecVenueId: string, currency: string) {
  return { id, name, slug: name.toLowerCase().replaceAll(' ', '-'), currency, params: { aztecVenueId } }
}

function anna(nowS: number): Card {
  const { coffee, discount, cake, expired, disabled, assigned, otherVenue, notForTills } = demo.coupons
  const coupon = (id: string, name: string, params: Record<string, string>): UserCoupon => ({
    id,
    status: 'activated',
    valid_until: nowS + 30 * dayS,
    coupon: { id: `c-${id}`, name, type: 'GENERAL', points: null, is_enabled: true, params },
  })
  const tenOff = coupon(discount, '10 % off', { aztecDiscountId: '12' })
  const pie = coupon(disabled, 'Free pie', { aztecEntityCode: '10000000125' })
  return {
    id: demo.cards.anna,
    member: person('0b6f2c11-1001', 'Anna', 'Kovac', false),
    tier: { id: 't-gold', name: 'Gold' },
    wallet: { id: 'w-1001', name: 'Points', points: 1250 },
    coupons: [
      coupon(coffee, 'Free coffee', { aztecEntityCode: '10000000123' }),
      { ...tenOff, coupon: { ...tenOff.coupon, points: 200 } },
      coupon(cake, 'Birthday cake', { aztecEntityCode: '10000000124' }),
      { ...coupon(expired, 'Summer drink', { aztecEntityCode: '10000000126' }), valid_until: nowS - dayS },
      { ...pie, coupon: { ...pie.coupon, is_enabled: false } },
      { ...coupon(assigned, 'Free starter', { aztecEntityCode: '10000000127' }), status: 'assigned' },
      {
        ...coupon(otherVenue, 'Anchor breakfast', { aztecEntityCode: '10000000128' }),
        allowed_venues: ['5b1e7a52-0002-4c7e-9a01-000000001903'],
      },
      coupon(notForTills, 'App wallpaper', {}),
    ],
  }
}

const ben: Card = {
  id: demo.cards.ben,
  member: person('0b6f2c11-1002', 'Ben', 'Okafor', false),
  coupons: [],
}

const carl: Card = {
  id: demo.cards.blocked,
  member: person('0b6f2c11-1003', 'Carl', 'Jensen', true),
  tier: { id: 't-silver', name: 'Silver' },
  wallet: { id: 'w-1003', name: 'Points', points: 300 },
  coupons: [],
}

function person(id: string, first_name: string, last_name: string, is_blocked: boolean) {
  return { id, first_name, last_name, is_blocked }
}
