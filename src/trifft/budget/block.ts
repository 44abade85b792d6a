/** Below, we would ask again without a pause; above, somebody's clock is wrong. */
const leastBlockMs = 1_000
export const longestBlockMs = 3_600_000

/** @returns how long the core blocks us by its own word; undefined if it did not say */
export function toBlockMs(retryAfterSeconds: number | undefined): number | undefined {
  if (retryAfterSeconds === undefined) return undefined
  return Math.min(Math.max(retryAfterSeconds * 1000, leastBlockMs), longestBlockMs)
}
