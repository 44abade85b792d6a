import { isFinal, keyMs } from '../redemptions/redemption.ts'
import type { Access } from './access.ts'
import { readRedemption, whereOpen, whereSettled } from './redemption-row.ts'
import type { Seal } from './seal.ts'
import { all, get, run, type Row, type Work } from './work.ts'

/** Why a card cannot be erased yet. `fromMs`: epoch ms from which it can; undefined if that depends on something else. */
export type ErasureRefusal = { reason: string; fromMs: number | undefined }

/** `refusals` is empty if it can be erased, or has been. `redemptions`: how many rows the card has. */
export type CardErasure = { refusals: ErasureRefusal[]; redemptions: number }

const selectSql = 'SELECT * FROM redemptions WHERE id = :id AND card_hash = :cardHash'
/**
 * Also locks the row: the outcomes of calls are written without the card's lock. What was written before is seen, and what
 * comes later finds another revision.
 */
const lockSql =
  'UPDATE redemptions SET revision = revision WHERE id = :id AND card_hash = :cardHash RETURNING *'

/** Longer than a transaction may last, which has its time from its beginning. */
const overlapMs = 60_000
/** By indexes, since tills wait meanwhile. */
const changedSinceSql = `SELECT id FROM redemptions WHERE card_hash = :cardHash AND ${whereOpen}
  UNION ALL SELECT id FROM redemptions WHERE card_hash = :cardHash AND ${whereSettled} AND changed_at > :sinceMs`

/** Forgets whose redemptions these were. What is open needs its card, and what a till may repeat needs its key. */
export function createErase(seal: Seal, { read, write }: Pick<Access, 'read' | 'write'>) {
  return { findForErasure, eraseCard }

  /** @returns what would be erased, or why it cannot be */
  async function findForErasure(cardHash: string): Promise<CardErasure> {
    const { ids } = await findIds(cardHash)
    return await read((nowMs) => check(selectSql, cardHash, ids, nowMs))
  }

  /**
   * Erases all or nothing, in the card's turn: a credit that comes at the same time is before it, or finds nothing.
   * @returns what was erased, or why nothing was
   */
  async function eraseCard(cardHash: string): Promise<CardErasure> {
    // Outside of the transaction: points have no index by card, and tills would wait for its end.
    const found = await findIds(cardHash)
    return await write(function* (nowMs) {
      const changed = yield* all(changedSinceSql, { cardHash, sinceMs: found.atMs - overlapMs })
      const ids = [...new Set([...found.ids, ...idsOf(changed)])]
      const checked = yield* check(lockSql, cardHash, ids, nowMs)
      if (checked.refusals.length > 0) return checked
      for (const id of ids) yield* eraseRow(id, cardHash)
      return checked
    }, cardHash)
  }

  async function findIds(cardHash: string): Promise<{ ids: string[]; atMs: number }> {
    return await read(function* (nowMs) {
      const rows = yield* all('SELECT id FROM redemptions WHERE card_hash = :cardHash', { cardHash })
      return { ids: idsOf(rows), atMs: nowMs }
    })
  }

  /** @param rowSql reads a row of the card by its id */
  function* check(rowSql: string, cardHash: string, ids: string[], nowMs: number): Work<CardErasure> {
    const refusals: ErasureRefusal[] = []
    let redemptions = 0
    for (const id of ids) {
      const row = yield* get(rowSql, { id, cardHash })
      if (!row) continue
      redemptions++
      const refusal = refusalOf(row, nowMs)
      if (refusal) refusals.push(refusal)
    }
    const sql = 'SELECT count(*) AS tickets FROM tickets WHERE published_at IS NULL AND kafka_key = :cardHash'
    const waiting = Number((yield* get(sql, { cardHash }))?.tickets)
    if (waiting > 0) refusals.push({ reason: `tickets of it wait for Kafka: ${waiting}`, fromMs: undefined })
    return { refusals, redemptions }
  }

  function refusalOf(row: Row, nowMs: number): ErasureRefusal | undefined {
    const redemption = readRedemption(row, seal)
    const { id, state, keyUntilMs } = redemption
    if (!isFinal(redemption)) return { reason: `redemption ${id} is open: ${state}`, fromMs: undefined }
    // A credit of it is remembered for a day of its own.
    const fromMs = Math.max(keyUntilMs, Number(row.changed_at) + keyMs)
    if (fromMs <= nowMs) return undefined
    return { reason: `redemption ${id} is still recognised if the till repeats its message`, fromMs }
  }
}

function idsOf(rows: Row[]): string[] {
  return rows.map(({ id }) => String(id))
}

/** Ids that contained the card number have stand-ins, which are made from it: they go too. */
function* eraseRow(id: string, cardHash: string): Work<void> {
  const withoutStandIn = (column: string) =>
    `${column} = CASE WHEN ${column} LIKE 'id-%' THEN 'erased' ELSE ${column} END`
  yield* run(
    `UPDATE redemptions SET card_hash = 'erased', card_masked = '*', key = :key, credit_key = NULL, ticket_key = NULL,
       ${withoutStandIn('account')}, ${withoutStandIn('reward_id')}, moved = NULL, given_back = NULL,
       sealed = NULL, seal_key = NULL, reward_sealed = NULL, reward_seal_key = NULL, revision = revision + 1
     WHERE id = :id AND card_hash = :cardHash`,
    { id, cardHash, key: JSON.stringify(['erased', id]) },
  )
  yield* run('DELETE FROM redemption_aliases WHERE redemption_id = :id', { id })
}
