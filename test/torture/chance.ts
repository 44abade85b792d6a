export type Chance = ReturnType<typeof createChance>

/** Choices that are the same for the same seed (mulberry32). */
export function createChance(seed: number) {
  let state = seed >>> 0

  /** @returns from 0 to below 1 */
  function next(): number {
    state = (state + 0x6d2b79f5) >>> 0
    let bits = Math.imul(state ^ (state >>> 15), state | 1)
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61)
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32
  }
  const int = (min: number, max: number) => min + Math.floor(next() * (max - min + 1))

  return {
    /** @returns a whole number, both ends included */
    int,
    isHit: (probability: number) => next() < probability,
    pick<T>(list: readonly T[]): T {
      const picked = list[int(0, list.length - 1)]
      if (picked === undefined) throw new Error('nothing to pick from')
      return picked
    },
    /** @param weights by what may be picked: twice the weight, twice as often */
    weigh<T extends string>(weights: Record<T, number>): T {
      const entries = Object.entries<number>(weights)
      let left = next() * entries.reduce((sum, [, weight]) => sum + weight, 0)
      const found = entries.find(([, weight]) => (left -= weight) < 0) ?? entries[0]
      return found?.[0] as T
    },
    /** Separate choices for another actor, so that the pace of one does not change those of the other. */
    fork: () => createChance(int(0, 2 ** 32 - 1)),
  }
}
