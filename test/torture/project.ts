import type { Card, Project } from '../simulators/core/project.ts'

export const apiKey = 'torture-write-key'
export const startPoints = 1_000_000

export const coreIdOf = (venueId: string) => `venue-${venueId}`
export const couponsOf = (card: string, count: number) =>
  Array.from({ length: count }, (_, index) => `uc-${card}-${index}`)

/** A project with one key, so many venues, and as many alike cards with points and coupons that every till can apply. */
export function projectOf(size: { venues: number; cards: number; couponsOfCard: number }) {
  const venueIds = Array.from({ length: size.venues }, (_, index) => `${3001 + index}`)
  const cards = Array.from({ length: size.cards }, (_, index) => `PUBCARD${10_001 + index}`)
  const project: Project = {
    name: 'Pubs under pressure',
    keys: { [apiKey]: 'write' },
    venues: venueIds.map((id) => ({
      id: coreIdOf(id),
      name: `Pub ${id}`,
      slug: `pub-${id}`,
      currency: 'GBP',
      params: { aztecVenueId: id },
    })),
    cards: cards.map((id) => cardOf(id, couponsOf(id, size.couponsOfCard))),
  }
  return { project, venueIds, cards }
}

function cardOf(id: string, coupons: string[]): Card {
  return {
    id,
    member: { id: `m-${id}`, first_name: 'Anna', last_name: 'Kovac', is_blocked: false },
    wallet: { id: `w-${id}`, name: 'Points', points: startPoints },
    coupons: coupons.map((coupon) => ({
      id: coupon,
      status: 'activated',
      valid_until: null,
      coupon: {
        id: `c-${coupon}`,
        name: 'Free coffee',
        type: 'GENERAL',
        points: null,
        is_enabled: true,
        params: { aztecEntityCode: '10000000123' },
      },
    })),
  }
}
