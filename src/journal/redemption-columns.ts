import { shownId, type Moved } from '../model/words.ts'
import type { NewRedemption } from '../redemptions/begin.ts'
import type { Change, Redemption } from '../redemptions/redemption.ts'
import type { Seal } from './seal.ts'
import { run, type Value, type Work } from './work.ts'

/** A column and the field of a redemption that it holds, alone or with other columns. */
type Column = { name: string; field: keyof Change; value: (change: Change, sealed: SealedFields) => Value }

type SealedFields = Record<'reward' | 'secret', ReturnType<Seal['close']> | undefined>

const columns: Column[] = [
  asIs('key', 'key'),
  asIs('attempt', 'attempt'),
  asIs('venue', 'venue'),
  asIs('venue_id', 'venueId'),
  asIs('tenant', 'tenant'),
  asIs('card_hash', 'cardHash'),
  asIs('card_masked', 'cardMasked'),
  asIs('account', 'account'),
  asIs('trace', 'trace'),
  { name: 'kind', field: 'what', value: ({ what }) => what?.kind ?? null },
  { name: 'reward_id', field: 'what', value: ({ what }) => (what?.kind === 'coupon' ? shownId(what) : null) },
  { name: 'points', field: 'what', value: ({ what }) => (what?.kind === 'points' ? what.points : null) },
  { name: 'reward_sealed', field: 'what', value: (_, { reward }) => reward?.box ?? null },
  { name: 'reward_seal_key', field: 'what', value: (_, { reward }) => reward?.keyId ?? null },
  asIs('state', 'state'),
  asIs('created_at', 'createdAtMs'),
  asIs('sent_at', 'sentAtMs'),
  asIs('confirmed_at', 'confirmedAtMs'),
  asIs('answered_at', 'answeredAtMs'),
  { name: 'call_id', field: 'call', value: ({ call }) => call?.id ?? null },
  { name: 'call_until', field: 'call', value: ({ call }) => call?.untilMs ?? null },
  asIs('due_at', 'dueAtMs'),
  asIs('key_until', 'keyUntilMs'),
  { name: 'undo_by', field: 'undo', value: ({ undo }) => undo?.by ?? null },
  { name: 'undo_since', field: 'undo', value: ({ undo }) => undo?.sinceMs ?? null },
  { name: 'undo_calls', field: 'undo', value: ({ undo }) => undo?.calls ?? 0 },
  { name: 'undo_tries', field: 'undo', value: ({ undo }) => undo?.refusals ?? 0 },
  { name: 'undo_last', field: 'undo', value: ({ undo }) => undo?.last ?? null },
  asIs('undo_number', 'undoNumber'),
  asIs('credit_key', 'creditKey'),
  asIs('ticket_key', 'ticketKey'),
  {
    name: 'is_named_by_ticket',
    field: 'isNamedByTicket',
    value: (change) => (change.isNamedByTicket ? 1 : 0),
  },
  { name: 'moved', field: 'moved', value: ({ moved }) => toJson(moved) },
  asIs('refused_with', 'refusedWith'),
  { name: 'given_back', field: 'givenBack', value: ({ givenBack }) => toJson(givenBack) },
  { name: 'settled_by', field: 'settled', value: ({ settled }) => settled?.by ?? null },
  { name: 'settled_why', field: 'settled', value: ({ settled }) => settled?.why ?? null },
  { name: 'settled_at', field: 'settled', value: ({ settled }) => settled?.atMs ?? null },
  { name: 'sealed', field: 'secret', value: (_, { secret }) => secret?.box ?? null },
  { name: 'seal_key', field: 'secret', value: (_, { secret }) => secret?.keyId ?? null },
]

/** The fields whose columns hold them as they are. */
type Plain = {
  [Field in keyof Change]-?: Change[Field] extends string | number | undefined ? Field : never
}[keyof Change]

function asIs(name: string, field: Plain): Column {
  return { name, field, value: (change) => change[field] ?? null }
}

const ownColumns = ['id', 'revision', 'changed_at']
export const allColumns = [...ownColumns, ...columns.map(({ name }) => name)]

/** Values are bound by position: it takes a tenth of the time of binding by name, and is done for every debit. */
const insert = `INSERT INTO redemptions (${allColumns.join(', ')}) VALUES (${allColumns.map(() => '?').join(', ')})`

export function* insertRow({ redemption, secret }: NewRedemption, nowMs: number, seal: Seal): Work<void> {
  const { id, revision } = redemption
  const content = { ...redemption, secret }
  const sealed = sealFields(id, content, seal)
  const values = columns.map(({ value }) => value(content, sealed))
  yield* run(insert, [id, revision, nowMs, ...values])
}

/** @returns whether the row still had this revision: else it is not written */
export function* updateRow(
  { id, revision }: Pick<Redemption, 'id' | 'revision'>,
  change: Change,
  nowMs: number,
  seal: Seal,
): Work<boolean> {
  const sealed = sealFields(id, change, seal)
  const { sql, columns } = updateFor(Object.keys(change))
  const values = columns.map(({ value }) => value(change, sealed))
  return (yield* run(sql, [...values, nowMs, id, revision])) > 0
}

/** The events of a redemption change few different sets of fields. */
const updates = new Map<string, { sql: string; columns: Column[] }>()

function updateFor(fields: string[]) {
  const key = fields.join(' ')
  let update = updates.get(key)
  if (!update) {
    const changed = columns.filter(({ field }) => fields.includes(field))
    const set = changed.map(({ name }) => `${name} = ?, `).join('')
    const sql = `UPDATE redemptions SET ${set}changed_at = ?, revision = revision + 1 WHERE id = ? AND revision = ?`
    updates.set(key, (update = { sql, columns: changed }))
  }
  return update
}

/** Seals what must not be read in the file. */
function sealFields(id: string, { what, secret }: Change, seal: Seal): SealedFields {
  const isMasked = what?.kind === 'coupon' && what.standIn !== undefined
  return {
    // Kept for as long as the row: the id itself is needed whenever the coupon is given back.
    reward: isMasked ? seal.close(rewardOf(id), what.rewardId) : undefined,
    secret: secret ? seal.close(rowOf(id), secret) : undefined,
  }
}

/** Names the row for its seal, which opens in that row only. */
export function rowOf(id: string): string {
  return `redemptions/${id}`
}

export function rewardOf(id: string): string {
  return `redemptions/${id}/reward`
}

function toJson(value: Moved | undefined): string | null {
  return value === undefined ? null : JSON.stringify(value)
}
