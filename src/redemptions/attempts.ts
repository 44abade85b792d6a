import type { Redemption } from './redemption.ts'

/** A key is remembered for a day, and for as long as its row is not settled. */
export function isRemembered({ keyUntilMs, dueAtMs, state }: Redemption, nowMs: number): boolean {
  return keyUntilMs > nowMs || dueAtMs !== undefined || state === 'stuck'
}

/** What the journal has under a key. Rows in any order. */
export type KnownAttempts = {
  /** Attempts under the key, and the row with the id of the first one, which a credit may have left before its debit came. */
  attempts: Redemption[]
  /** The redemption that a debit under this key was a repeat of. */
  alias: Redemption | undefined
}

/** @returns the latest attempt under the key, else what its id or its alias leads to */
export function latestAttempt(
  { attempts, alias }: KnownAttempts,
  key: string,
  isMeant: (row: Redemption) => boolean = () => true,
): Redemption | undefined {
  const ofKey = attempts.filter((row) => row.key === key && isMeant(row))
  const others = [...attempts.filter((row) => row.key !== key), ...(alias ? [alias] : [])].filter(isMeant)
  return latest(ofKey) ?? latest(others)
}

function latest(rows: Redemption[]): Redemption | undefined {
  return rows.toSorted((a, b) => b.attempt - a.attempt)[0]
}

/** @param attempts under one key */
export function nextAttempt(attempts: Redemption[]): number {
  return Math.max(0, ...attempts.map(({ attempt }) => attempt)) + 1
}
