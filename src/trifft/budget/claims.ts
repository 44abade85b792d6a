import { CoreUnavailable } from '../errors.ts'
import type { Lane } from './lanes.ts'

export type Claim = {
  lane: Lane
  /** Who takes turns within a lane: venues, or of strangers the networks that they come from. */
  turnOf: string
  /** All of them or none. */
  count: 1 | 2
  /** How long it may wait. At 0 and below it still gets a slot that is free now. */
  waitMs: number
}

/**
 * Runs a call; where two slots were claimed, each of two calls. A slot is free again one window after its call has ended, and
 * at once if the call never left.
 */
export type Slot = <T>(call: (findBlock: FindBlock) => Promise<T>) => Promise<T>

/** @returns why a call must not leave now; undefined if it may */
export type FindBlock = () => CoreUnavailable | undefined

export type Waiting = Claim & {
  /** It was granted or refused. */
  isOver: boolean
  sinceMs: number
  latestMs: number
  grant: (slot: Slot) => void
  refuse: (error: CoreUnavailable) => void
}

/**
 * Why a call is not sent: no slot is free in time; the core has blocked us; the process before this one was killed; or the
 * budget of all replicas cannot be read.
 */
export type Reason = 'no_slot' | 'blocked' | 'quiet_after_kill' | 'journal_away'

/** The refusal of a claim. @param freeInMs when it is worth trying again */
export function busy(reason: Reason, freeInMs: number): CoreUnavailable {
  const retryAfterSeconds = Math.ceil(freeInMs / 1000)
  return new CoreUnavailable({ message: `not sent (${reason})`, retryAfterSeconds }, 'CORE_BUSY')
}
