import { readTraceparent } from '../model/span.ts'
import { shownId, type What } from '../model/words.ts'
import type { Redemption, RedemptionState, Undo } from './redemption.ts'

/** A redemption as operators see it, without card number and key. Times are epoch ms. */
export type RedemptionRecord = {
  id: string
  state: RedemptionState
  what: What | undefined
  cardMasked: string
  /** TRIFFT's id of the venue, and the Aztec venue ID. */
  venue: string
  venueId: string
  account: string | undefined
  /** Of the debit, or of the credit if only that came; undefined for rows of earlier versions. */
  traceId: string | undefined
  attempt: number
  createdAtMs: number
  /** Undefined if only its credit has come. */
  sentAtMs: number | undefined
  confirmedAtMs: number | undefined
  /** When the till's OK left. */
  answeredAtMs: number | undefined
  /** What the core has called the coupon when it was taken; undefined if it was not, or is points. */
  rewardName: string | undefined
  /** Why the core has refused to take it. */
  refusedWith: Redemption['refusedWith']
  call: Redemption['call']
  /** Undefined if no undo was requested. */
  undo: (Undo & { dueAtMs: number | undefined }) | undefined
  settled: Redemption['settled']
}

export function toRecord(redemption: Redemption): RedemptionRecord {
  const { what, undo, dueAtMs } = redemption
  return {
    id: redemption.id,
    state: redemption.state,
    what: what?.kind === 'coupon' ? { kind: 'coupon', rewardId: shownId(what) } : what,
    cardMasked: redemption.cardMasked,
    venue: redemption.venue,
    venueId: redemption.venueId,
    account: redemption.account,
    traceId: readTraceparent(redemption.trace)?.traceId,
    attempt: redemption.attempt,
    createdAtMs: redemption.createdAtMs,
    sentAtMs: redemption.sentAtMs,
    confirmedAtMs: redemption.confirmedAtMs,
    answeredAtMs: redemption.answeredAtMs,
    rewardName: redemption.moved?.reward?.name,
    refusedWith: redemption.refusedWith,
    call: redemption.call,
    undo: undo && { ...undo, dueAtMs },
    settled: redemption.settled,
  }
}
