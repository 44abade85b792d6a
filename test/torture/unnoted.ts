/** An OK of a debit, as a till heard it. Times are of performance.now(). */
export type HeardOk = {
  redemptionId: string | undefined
  /** Counted from 0. */
  replica: number
  askedAtMs: number
  heardAtMs: number
  /** The answer of an earlier debit again. */
  isReplayed: boolean
}

/** A time in which a replica could write nothing. `toMs` is Infinity while it lasts. */
export type Blackout = {
  fromMs: number
  toMs: number
  /** Of this replica alone: it was frozen, or its connections to the database were broken. Else the database was away. */
  isOwn: boolean
}

/** What befell one process. Times are of performance.now(). */
export type Mishaps = {
  killedAtMs: readonly number[]
  /** When it had ended by itself. */
  stoppedAtMs: readonly number[]
  blackouts: readonly Blackout[]
}

/** A process that can write notes an OK within this time after it has left. */
const noteWithinMs = 1_000
/** Less than ten seconds after its confirmation a redemption whose OK is not noted is given back by nobody. */
const safeForMs = 10_000

/**
 * Whether the note that this OK has left may be missing: its process was killed before it could write, or could not write
 * for so long that another process has given the redemption back. An outage of the database excuses nothing by itself.
 */
export function isUnnoted({ askedAtMs, heardAtMs }: HeardOk, mishaps: Mishaps): boolean {
  const held = heldUp(heardAtMs, mishaps.blackouts)
  const notedByMs = Math.max(heardAtMs, ...held.map(({ toMs }) => toMs)) + noteWithinMs
  // A till may hear an OK a moment after the kill.
  const isKilled = mishaps.killedAtMs.some((atMs) => atMs >= askedAtMs && atMs < notedByMs)
  const isStopped =
    held.length > 0 && mishaps.stoppedAtMs.some((atMs) => atMs >= heardAtMs && atMs < notedByMs)
  const isLeftBehind = held.some(({ isOwn, toMs }) => isOwn && toMs + noteWithinMs >= askedAtMs + safeForMs)
  return isKilled || isStopped || isLeftBehind
}

/** @returns the blackouts that kept it from writing, one after the other, with too little time between them */
function heldUp(sinceMs: number, blackouts: readonly Blackout[]): Blackout[] {
  let lastMs = sinceMs
  return blackouts
    .toSorted((a, b) => a.fromMs - b.fromMs)
    .filter(({ fromMs, toMs }) => {
      const holds = toMs >= sinceMs && fromMs < lastMs + noteWithinMs
      if (holds) lastMs = Math.max(lastMs, toMs)
      return holds
    })
}
