import type { Exchange } from '../../exchange.ts'

/**
 * Which calls go first when there are more than the core allows: what gives back, what takes, what is only shown, what no
 * till waits for, and checks of credentials that were never approved.
 */
export const lanes = ['credit', 'undo', 'debit', 'balance', 'refresh', 'stranger'] as const

export type Lane = (typeof lanes)[number]

/**
 * A venue check has the lane of the message that waits for it. Credentials that the core has never approved prove
 * nothing, so their checks have a lane of their own, whatever message they come with.
 */
export function laneOfCheck({ isBackground, message }: Exchange, wasApproved: boolean): Lane {
  if (!wasApproved) return 'stranger'
  if (isBackground) return 'refresh'
  return message === 'credit' || message === 'debit' ? message : 'balance'
}

/** Of 48 slots, how many a lane leaves free for the lanes before it. */
const reservedOf48 = { credit: 0, undo: 0, debit: 4, balance: 8, refresh: 8, stranger: 8 }

/** @returns how many of `limit` slots may be in use once a call of this lane has its own; a limit of 0 is none */
export function capacityFor(lane: Lane, limit: number): number {
  return limit === 0 ? Infinity : limit - Math.floor((limit * reservedOf48[lane]) / 48)
}

/** Who waits, in lanes. Within a lane venues take turns, so that one busy pub starves nobody. */
export function createQueue<T extends { lane: Lane; turnOf: string }>() {
  /** In the order of their turns: a venue that had its turn goes to the end. */
  const venuesOf: Record<Lane, Map<string, T[]>> = {
    credit: new Map(),
    undo: new Map(),
    debit: new Map(),
    balance: new Map(),
    refresh: new Map(),
    stranger: new Map(),
  }
  let size = 0
  const inLane = (lane: Lane) => [...venuesOf[lane].values()].flat()

  return {
    isEmpty: () => size === 0,

    add(waiting: T) {
      size++
      const venues = venuesOf[waiting.lane]
      venues.set(waiting.turnOf, [...(venues.get(waiting.turnOf) ?? []), waiting])
    },

    /** @returns whose turn it is */
    next({ passOver = [] }: { passOver?: Lane[] } = {}): T | undefined {
      for (const lane of lanes) {
        if (passOver.includes(lane)) continue
        for (const [first] of venuesOf[lane].values()) return first
      }
      return undefined
    },

    /** Its venue keeps its place in the lane, unless this was its turn. */
    remove(waiting: T, { isTurn }: { isTurn: boolean }) {
      size--
      const { lane, turnOf } = waiting
      const venues = venuesOf[lane]
      const rest = venues.get(turnOf)?.filter((each) => each !== waiting) ?? []
      if (isTurn || rest.length === 0) venues.delete(turnOf)
      if (rest.length > 0) venues.set(turnOf, rest)
    },

    all: () => lanes.flatMap(inLane),
    count: (lane: Lane) => inLane(lane).length,
    countOf: ({ lane, turnOf }: Pick<T, 'lane' | 'turnOf'>) => venuesOf[lane].get(turnOf)?.length ?? 0,
  }
}
