import { setTimeout as pause } from 'node:timers/promises'
import { generator, runLoad, type Burst, type Load } from './load.ts'
import type { Measured } from './processes.ts'

export type Settings = { rounds: number; seconds: number; connections: number; folder: string }
export type Spread = { median: number; least: number; most: number }

/** One of those that are compared. */
export type Variant = {
  name: string
  program: Measured
  /** Whose CPU time is reported beside it. */
  database?: Measured
  url: string
  body: string
  modulo?: number
  /** Calls to the core that each request must have cost; a row that cost others has measured something else. */
  callsEach?: number
}

export type Row = {
  variant: string
  perSecond: Spread
  p50Ms: Spread
  p99Ms: Spread
  /** Of one core, medians, by who used it. */
  shares: Record<string, number>
  /** In the order of the rounds, so that what is compared was measured side by side. */
  rounds: Burst[]
  notes: string[]
}

/** Until the compiler has optimised the whole path of a request. */
export const warmUpSeconds = 8
const quietMs = 100
/** Numbers its requests so that no number comes twice, in any burst. */
let nextNumber = 1

/**
 * A B C A B C: each variant in each round, so that a machine's drift hits all alike. The first round warms up and is left
 * out.
 *
 * @param core whose CPU time is reported, and whose calls are counted
 */
export async function interleave(
  variants: Variant[],
  { rounds, seconds, connections }: Pick<Settings, 'rounds' | 'seconds' | 'connections'>,
  core: (Measured & { url: string }) | undefined,
): Promise<Row[]> {
  const bursts = new Map<Variant, Burst[]>(variants.map((variant) => [variant, []]))
  for (let round = 0; round <= rounds; round++)
    for (const variant of variants) {
      const isWarmUp = round === 0
      const load = { ...loadOf(variant), connections, seconds: isWarmUp ? warmUpSeconds : seconds }
      const before = core && (await callsOf(core))
      const { program: service, database } = variant
      const burst = await runLoad(load, { service, ...(database && { database }), ...(core && { core }) })
      check(variant, burst, connections, core && before !== undefined ? (await callsOf(core)) - before : 0)
      if (!isWarmUp) bursts.get(variant)?.push(burst)
    }
  return [...bursts].map(([{ name }, rounds]) => toRow(name, rounds))
}

/** For what is measured in another way. */
export async function warmUp(variant: Variant, connections: number) {
  const burst = await runLoad({ ...loadOf(variant), connections, seconds: warmUpSeconds }, {})
  check(variant, burst, connections, 0)
}

function loadOf({
  url,
  body,
  modulo = Number.MAX_SAFE_INTEGER,
}: Variant): Pick<Load, 'url' | 'body' | 'first' | 'modulo'> {
  const first = nextNumber
  nextNumber += 10_000_000
  return { url, body, first, modulo }
}

/** Requests that were cut off at the end have cost calls too. */
function check({ name, callsEach }: Variant, burst: Burst, connections: number, calls: number) {
  const { requests, failures } = burst
  if (requests === 0 || failures > 0) throw new Error(`${name}: ${failures} of ${requests} requests failed`)
  if (callsEach === undefined) return
  const [least, most] = [callsEach * requests, callsEach * (requests + connections)]
  if (calls < least || calls > most)
    throw new Error(`${name}: ${calls} calls to the core for ${requests} requests, not ${callsEach} for each`)
}

/** Of what tills ask for, once nobody asks any more; debits that were cut off are given back seconds later. */
async function callsOf(core: { url: string }): Promise<number> {
  for (let before = -1; ;) {
    const counts = (await (await fetch(`${core.url}/counts`)).json()) as Record<string, number>
    const { readCard = 0, readRewards = 0, redeemCoupon = 0 } = counts
    const calls = readCard + readRewards + redeemCoupon
    if (calls === before) return calls
    before = calls
    await pause(quietMs)
  }
}

export function toRow(variant: string, rounds: Burst[]): Row {
  const names = Object.keys(rounds[0]?.shares ?? {})
  const shares = Object.fromEntries(
    names.map((name) => [name, spread(rounds.map((burst) => burst.shares[name] ?? 0)).median]),
  )
  const limiting = names.filter((name) => ['generator', 'core'].includes(name) && (shares[name] ?? 0) > 0.9)
  return {
    variant,
    perSecond: spread(rounds.map(({ perSecond }) => perSecond)),
    p50Ms: spread(rounds.map(({ p50Ms }) => p50Ms)),
    p99Ms: spread(rounds.map(({ p99Ms }) => p99Ms)),
    shares,
    rounds,
    notes: limiting.map((name) => `limited by the ${name === 'generator' ? generator : name}`),
  }
}

/** @returns the median over the rounds of `of` each divided by its neighbour */
export function ratio(
  rows: Row[],
  of: string,
  over: string,
  value = ({ perSecond }: Burst) => perSecond,
): number {
  const [above, below] = [of, over].map((name) => rows.find(({ variant }) => variant === name)?.rounds ?? [])
  return spread((above ?? []).map((burst, round) => value(burst) / value(below?.[round] ?? burst))).median
}

export function spread(values: number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  const median = ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2
  return { median, least: sorted[0] ?? 0, most: sorted.at(-1) ?? 0 }
}
