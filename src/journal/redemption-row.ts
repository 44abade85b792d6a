import type { Redemption, RedemptionState } from '../redemptions/redemption.ts'
import type { Code } from '../model/refusal.ts'
import { shownId, type Moved, type What } from '../model/words.ts'
import type { Row } from './sqlite/database.ts'
import type { Seal, Sealed } from './seal.ts'

/** What is open, in the words of the index `redemptions_open`: SQLite looks into it only for these. */
export const whereOpen = `(due_at IS NOT NULL OR state = 'stuck')`

export function columnsOf(what: What | undefined) {
  return {
    kind: what?.kind ?? null,
    rewardId: what?.kind === 'coupon' ? shownId(what) : null,
    points: what?.kind === 'points' ? what.points : null,
  }
}

/** A coupon's id that holds a card number, as the core knows it: sealed for as long as the row is there. */
export function sealReward(id: string, what: What | undefined, seal: Seal): Sealed | undefined {
  if (what?.kind !== 'coupon' || what.standIn === undefined) return undefined
  return seal.close(rewardOf(id), what.rewardId)
}

/** @returns undefined if the seal is broken */
export function openReward({ id, reward_id, reward_sealed: box, reward_seal_key: keyId }: Row, seal: Seal) {
  if (!(box instanceof Uint8Array)) return String(reward_id)
  return seal.open(rewardOf(String(id)), { box, keyId: String(keyId) }) as string | undefined
}

function rewardOf(id: string): string {
  return `redemptions/${id}/reward`
}

export function readRow(row: Row, nowMs: number, seal: Seal): Redemption {
  return {
    id: String(row.id),
    key: String(row.key),
    attempt: Number(row.attempt),
    cardHash: String(row.card_hash),
    account: textOrNothing(row.account),
    what: readWhat(row, seal),
    state: row.state as RedemptionState,
    wasSent: row.sent_at !== null,
    sentAtMs: Number(row.sent_at ?? 0),
    isAnswered: row.answered_at !== null,
    isDue: row.due_at !== null && Number(row.due_at) <= nowMs,
    undoBy: textOrNothing(row.undo_by) as Redemption['undoBy'],
    undoNumber: Number(row.undo_number),
    undoCalls: Number(row.undo_calls),
    undoTries: Number(row.undo_tries),
    undoSinceMs: Number(row.undo_since ?? nowMs),
    isFreed: row.state === 'in_doubt' && row.undo_last === 'nothing',
    creditKey: textOrNothing(row.credit_key),
    ticketKey: textOrNothing(row.ticket_key),
    moved: readJson<Moved>(row.moved),
    refusedWith: textOrNothing(row.refused_with) as Code | undefined,
    givenBack: readJson<Moved>(row.given_back),
  }
}

function readWhat(row: Row, seal: Seal): What | undefined {
  if (row.kind !== 'coupon' || row.reward_sealed === null) return readShownWhat(row)
  const rewardId = openReward(row, seal)
  return rewardId === undefined ? undefined : { kind: 'coupon', rewardId, standIn: String(row.reward_id) }
}

/** What was taken, without a card number. */
export function readShownWhat(row: Row): What | undefined {
  if (row.kind === 'coupon') return { kind: 'coupon', rewardId: String(row.reward_id) }
  if (row.kind === 'points') return { kind: 'points', points: Number(row.points) }
  return undefined
}

export function textOrNothing(value: Row[string] | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function readJson<T>(value: Row[string] | undefined): T | undefined {
  return typeof value === 'string' ? (JSON.parse(value) as T) : undefined
}
