import type { Code } from '../loyalty/refusal.ts'
import type { Moved, What } from '../loyalty/words.ts'
import type { Row } from './database.ts'
import type { Redemption, RedemptionState } from './journal.ts'

/** What is open, in the words of the index `redemptions_open`: SQLite looks into it only for these. */
export const whereOpen = `(due_at IS NOT NULL OR state = 'stuck')`

export function columnsOf(what: What | undefined): Row {
  return {
    kind: what?.kind ?? null,
    rewardId: what?.kind === 'coupon' ? what.rewardId : null,
    points: what?.kind === 'points' ? what.points : null,
  }
}

export function readRow(row: Row, nowMs: number): Redemption {
  return {
    id: String(row.id),
    key: String(row.key),
    attempt: Number(row.attempt),
    cardHash: String(row.card_hash),
    account: textOrNothing(row.account),
    what: readWhat(row),
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

export function readWhat(row: Row): What | undefined {
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
