import type { Exchange } from '../../exchange.ts'

/**
 * Whose calls go first when not all can: what gives back, what takes, what is only looked at, what nobody waits for, and
 * those who may be anybody.
 */
export const lanes = ['credit', 'undo', 'debit', 'balance', 'refresh', 'stranger'] as const

export type Lane = (typeof lanes)[number]

/**
 * A venue check rides in the lane of the message that waits for it, but not on the word of somebody whom the core has
 * never approved.
 */
export function laneOfCheck({ isBackground, message }: Exchange, wasApproved: boolean): Lane {
  if (!wasApproved) return 'stranger'
  if (isBackground) return 'refresh'
  return message === 'credit' || message === 'debit' ? message : 'balance'
}

/** Of 48 slots, those that a lane leaves to the lanes before it. */
const keptOf48 = { credit: 0, undo: 0, debit: 4, balance: 8, refresh: 8, stranger: 8 }

/** @returns how many of `limit` slots may be taken once a call of this lane has its own; 0 is no limit */
export function mostTaken(lane: Lane, limit: number): number {
  return limit === 0 ? Infinity : limit - Math.floor((limit * keptOf48[lane]) / 48)
}

/** Who waits, in lanes. Within a lane venues take turns, so that one busy pub starves nobody. */
export function createQueue<T extends { lane: Lane; turnOf: string }>() {
  /** A venue whose turn has come goes to the end of its lane. */
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

    /** Out of the line of its venue, which keeps its place unless this was its turn. */
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
