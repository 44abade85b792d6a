import type { Redemption } from './redemption.ts'

/** A key is remembered for a day, and for as long as its redemption is not settled. */
export function isRemembered({ keyUntilMs, dueAtMs, state }: Redemption, nowMs: number): boolean {
  return keyUntilMs > nowMs || dueAtMs !== undefined || state === 'stuck'
}

/** The rows that belong to a debit's key, in any order. */
export type KeyRows = {
  /** Attempts under the key, and the row with the id of the first: a credit may have made it before the debit came. */
  attempts: Redemption[]
  /** The redemption that a debit under this key was a repeat of. */
  alias: Redemption | undefined
}

/**
 * @returns what a till that names the key means: the alias, which ends when another attempt begins; else the latest attempt
 * under the key; else the row with the id of the first
 */
export function latestAttempt(
  { attempts, alias }: KeyRows,
  key: string,
  isRelevant: (row: Redemption) => boolean = () => true,
): Redemption | undefined {
  if (alias && isRelevant(alias)) return alias
  const relevant = attempts.filter(isRelevant)
  return latest(relevant.filter((row) => row.key === key)) ?? latest(relevant)
}

function latest(rows: Redemption[]): Redemption | undefined {
  return rows.toSorted((a, b) => b.attempt - a.attempt)[0]
}

/** @param attempts under one key */
export function nextAttempt(attempts: Redemption[]): number {
  return Math.max(0, ...attempts.map(({ attempt }) => attempt)) + 1
}
