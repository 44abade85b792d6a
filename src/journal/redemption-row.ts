import type { Code } from '../model/refusal.ts'
import type { Moved, What } from '../model/words.ts'
import type { Call, Redemption, RedemptionSecret, RedemptionState, Undo } from '../redemptions/redemption.ts'
import { rewardOf, rowOf } from './redemption-columns.ts'
import { numberOrUndefined, textOrUndefined } from './row-values.ts'
import type { Seal } from './seal.ts'
import type { Row } from './work.ts'

/** Must be written like the condition of the index `redemptions_open`, or SQLite does not use that. */
export const whereOpen = `(due_at IS NOT NULL OR state = 'stuck')`

/** The same of `redemptions_final`, which finds settled rows by their last change. */
export const whereSettled = `due_at IS NULL AND state NOT IN ('sent', 'in_doubt', 'stuck')`

/** @returns a condition of rows that these keys open; ids of keys are hexadecimal digits */
export function whereOpenedBy(keyIds: string[]): string {
  const ids = keyIds.map((id) => `'${id}'`).join(', ')
  return ['seal_key', 'reward_seal_key']
    .map((column) => `(${column} IS NULL OR ${column} IN (${ids}))`)
    .join(' AND ')
}

/** @throws JournalKeyMissing if the coupon's id is sealed with a key that is not given */
export function readRedemption(row: Row, seal: Seal): Redemption {
  return {
    id: String(row.id),
    revision: Number(row.revision),
    key: String(row.key),
    attempt: Number(row.attempt),
    venue: String(row.venue),
    venueId: String(row.venue_id),
    tenant: textOrUndefined(row.tenant),
    cardHash: String(row.card_hash),
    cardMasked: String(row.card_masked),
    account: textOrUndefined(row.account),
    trace: textOrUndefined(row.trace),
    what: readWhat(row, seal),
    state: row.state as RedemptionState,
    createdAtMs: Number(row.created_at),
    sentAtMs: numberOrUndefined(row.sent_at),
    confirmedAtMs: numberOrUndefined(row.confirmed_at),
    answeredAtMs: numberOrUndefined(row.answered_at),
    call: readCall(row),
    dueAtMs: numberOrUndefined(row.due_at),
    keyUntilMs: Number(row.key_until),
    undo: readUndo(row),
    undoNumber: Number(row.undo_number),
    creditKey: textOrUndefined(row.credit_key),
    ticketKey: textOrUndefined(row.ticket_key),
    isNamedByTicket: row.is_named_by_ticket === 1,
    moved: readMoved(row.moved),
    refusedWith: textOrUndefined(row.refused_with) as Code | undefined,
    givenBack: readMoved(row.given_back),
    settled: readSettled(row),
  }
}

/** What was taken, with the stand-in of an id that contains a card number. */
function readShownWhat(row: Row): What | undefined {
  if (row.kind === 'coupon') return { kind: 'coupon', rewardId: String(row.reward_id) }
  if (row.kind === 'points') return { kind: 'points', points: Number(row.points) }
  return undefined
}

function readWhat(row: Row, seal: Seal): What | undefined {
  const { reward_sealed: box, reward_seal_key: keyId, reward_id: standIn } = row
  if (row.kind !== 'coupon' || !(box instanceof Uint8Array)) return readShownWhat(row)
  const rewardId = seal.open(rewardOf(String(row.id)), { box, keyId: String(keyId) }) as string | undefined
  return rewardId === undefined ? undefined : { kind: 'coupon', rewardId, standIn: String(standIn) }
}

function readCall({ call_id: id, call_until: untilMs }: Row): Call | undefined {
  return typeof id === 'string' ? { id, untilMs: Number(untilMs) } : undefined
}

function readUndo(row: Row): Undo | undefined {
  if (row.undo_by === null) return undefined
  return {
    by: row.undo_by === 'till' ? 'till' : 'doubt',
    sinceMs: Number(row.undo_since),
    calls: Number(row.undo_calls),
    refusals: Number(row.undo_tries),
    last: textOrUndefined(row.undo_last),
  }
}

function readSettled(row: Row): Redemption['settled'] {
  if (row.settled_by === null) return undefined
  return { by: String(row.settled_by), why: String(row.settled_why), atMs: Number(row.settled_at) }
}

/** @returns undefined if it was erased, or its seal is broken */
export function openSecret(
  { id, sealed: box, seal_key: keyId }: Row,
  seal: Seal,
): RedemptionSecret | undefined {
  if (!(box instanceof Uint8Array)) return undefined
  return seal.open(rowOf(String(id)), { box, keyId: String(keyId) }) as RedemptionSecret | undefined
}

/** Earlier versions stored `pointsLeft` as `points`. */
function readMoved(value: Row[string] | undefined): Moved | undefined {
  if (typeof value !== 'string') return undefined
  const { points, pointsLeft = points, ...moved } = JSON.parse(value) as Moved & { points?: number }
  return { ...moved, ...(pointsLeft === undefined ? {} : { pointsLeft }) }
}
