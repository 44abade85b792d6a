import { capacityFor } from '../../src/trifft/budget/lanes.ts'

/** In one window of ten seconds: what TRIFFT allows everybody, and what it may agree to, each less two. */
export const limits = [48, 498]
const windowsPerMinute = 6

/** A balance is two calls to TRIFFT, a debit is one, a ticket none: contracts/benchmark.md has them measured. */
const callsPerCheckout = 3
const messagesPerCheckout = 3
/** The most that a message was measured to take; helm/values.yaml says so of `resources`. */
const cpuMsPerMessage = 3
/** `autoscaling.averageCpu`. */
export const cpuMsPerSecond = 500

/** Checkouts with a card, in a minute of a site's busiest hour. */
const sites = [0.25, 0.5, 1, 2]

/**
 * @param limit calls in one window
 * @returns checkouts in one window that all find their slots. Balances leave some to debits and credits
 */
export function checkoutsThatFit(limit: number): number {
  return Math.floor(capacityFor('balance', limit) / callsPerCheckout)
}

/**
 * @param limit calls in one window
 * @returns checkouts a minute with which at most one window in a hundred has more than fit, if they come by chance
 */
export function checkoutsToPlanFor(limit: number): number {
  const fit = checkoutsThatFit(limit)
  let perMinute = 0
  while (shareAbove(fit, (perMinute + 1) / windowsPerMinute) <= 0.01) perMinute++
  return perMinute
}

/** @returns the rows: how many sites a limit carries, and how many the CPU of one replica */
export function sitesRows(): string[][] {
  const perReplica = (60 * cpuMsPerSecond) / (messagesPerCheckout * cpuMsPerMessage)
  return sites.map((rate) => [
    String(rate),
    ...limits.map((limit) => sitesAt(rate, checkoutsToPlanFor(limit))),
    sitesAt(rate, perReplica),
  ])
}

/** @returns the rows: connections to the database by replicas */
export function connectionRows(poolSize: number): string[][] {
  // One more listens, and one writes the diary.
  const perReplica = poolSize + 2
  return [2, 3, 5, 6, 10].map((replicas) => [
    String(replicas),
    String(replicas * perReplica),
    String(2 * replicas * perReplica),
  ])
}

function sitesAt(rate: number, perMinute: number): string {
  return Math.floor(perMinute / rate).toLocaleString('en')
}

/** @returns how likely more than `most` are, of a Poisson distribution with this mean */
function shareAbove(most: number, mean: number): number {
  let probability = Math.exp(-mean)
  let share = probability
  for (let count = 1; count <= most; count++) {
    probability *= mean / count
    share += probability
  }
  return 1 - share
}
