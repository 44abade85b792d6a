/** A shorter block would make us retry without a pause; a longer one means that a clock is wrong. */
const minBlockMs = 1_000
export const maxBlockMs = 3_600_000

/** @returns how long the core blocks us by its own word; undefined if it did not say */
export function toBlockMs(retryAfterSeconds: number | undefined): number | undefined {
  if (retryAfterSeconds === undefined) return undefined
  return Math.min(Math.max(retryAfterSeconds * 1000, minBlockMs), maxBlockMs)
}
