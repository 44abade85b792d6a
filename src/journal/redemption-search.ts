import type { CreditIntent, DebitIntent, Redemption } from '../redemptions/redemption.ts'
import { redemptionId, tenantOf } from '../model/keys.ts'
import { shownId, type What } from '../model/words.ts'
import type { Database, Row } from './sqlite/database.ts'
import { columnsOf, readRow } from './redemption-row.ts'
import type { Seal } from './seal.ts'

/** A key is remembered this long; later it is a new attempt. */
export const keyMs = 24 * 60 * 60 * 1000

/** How redemptions are found: by key, by coupon, by bill, by credit. */
export function createRedemptionSearch(db: Database, seal: Seal) {
  return {
    find,
    mustFind,
    findByKey,
    findTaken,
    isHeld,
    isTakenLater,
    findByCredit,
    findDebit,
    isSettled,
    nextAttempt,
  }

  function findByKey(
    key: string,
    firstId: string,
    nowMs: number,
    within: 'memory' | 'ever' = 'memory',
  ): Redemption | undefined {
    // A credit that named the redemption itself may have left a row under this id before its debit ever came.
    return find(
      `(key = :key OR id = :firstId
         OR id = (SELECT redemption_id FROM redemption_aliases WHERE key = :key AND created_at > :aliasFromMs))
       AND (:isEver OR key_until > :nowMs OR due_at IS NOT NULL OR state = 'stuck')
       ORDER BY key = :key DESC, attempt DESC`,
      {
        key,
        firstId,
        aliasFromMs: nowMs - keyMs,
        nowMs,
        isEver: within === 'ever' ? 1 : 0,
      },
      nowMs,
    )
  }

  /**
   * A user coupon can be taken once: the same card, bill and coupon is the same debit under whatever key. After the
   * bill's ticket, or a day, the coupon may have been given back where nobody here hears of it.
   */
  function findTaken({ venue, account, cardHash, what }: DebitIntent, nowMs: number): Redemption | undefined {
    if (what.kind === 'points') return undefined
    return find(
      `venue = :venue AND account = :account AND card_hash = :cardHash AND reward_id IN (:rewardId, :formerId)
       AND state = 'confirmed' AND undo_by IS NULL AND ticket_key IS NULL AND confirmed_at > :fromMs
       ORDER BY confirmed_at DESC`,
      { venue, account, cardHash, ...rewardIds(what), fromMs: nowMs - keyMs },
      nowMs,
    )
  }

  /** By debits of the same project only: whoever has another's card number must not hold its coupons. */
  function isHeld({ key, cardHash, what, secret }: DebitIntent, nowMs: number): boolean {
    if (what.kind === 'points') return false
    const held = find(
      `card_hash = :cardHash AND reward_id IN (:rewardId, :formerId) AND key != :key AND coalesce(tenant, :tenant) = :tenant
       AND (state = 'sent' OR (state = 'in_doubt' AND undo_last IS NOT 'nothing')
         OR (state = 'confirmed' AND undo_by IS NOT NULL))`,
      { cardHash, ...rewardIds(what), key, tenant: tenantOf(secret.apiKey) },
      nowMs,
    )
    return held !== undefined
  }

  function isTakenLater({ id, sentAtMs, cardHash, what }: Redemption): boolean {
    if (what?.kind !== 'coupon') return false
    const taken = find(
      `card_hash = :cardHash AND reward_id IN (:rewardId, :formerId) AND state = 'confirmed' AND sent_at > :sentAtMs
       AND tenant IS (SELECT tenant FROM redemptions WHERE id = :id)`,
      { id, cardHash, ...rewardIds(what), sentAtMs },
      sentAtMs,
    )
    return taken !== undefined
  }

  function findByCredit(creditKey: string | undefined, nowMs: number): Redemption | undefined {
    if (!creditKey) return undefined
    return find(
      'credit_key = :creditKey AND changed_at > :fromMs',
      { creditKey, fromMs: nowMs - keyMs },
      nowMs,
    )
  }

  /** By the redemption, by the debit's transaction, or as the latest of that bill that can be given back. */
  function findDebit(intent: CreditIntent, nowMs: number): Redemption | undefined {
    const { venue, redemptionId: id, debitKey, account, cardHash, what } = intent
    if (id) return find('id = :id AND venue = :venue', { id, venue }, nowMs)
    // A debit's key is remembered for its repeats; a credit finds it for as long as the row is there.
    if (debitKey) return findByKey(debitKey, redemptionId(debitKey, 1), nowMs, 'ever')
    if (!account || !what) return undefined
    return find(
      `venue = :venue AND account = :account AND card_hash = :cardHash AND kind = :kind
       AND (reward_id IS :rewardId OR reward_id = :formerId) AND points IS :points AND created_at > :fromMs
       ORDER BY CASE state WHEN 'confirmed' THEN undo_by IS NOT NULL WHEN 'sent' THEN 2 WHEN 'in_doubt' THEN 2
         WHEN 'stuck' THEN 2 WHEN 'credited' THEN 3 WHEN 'reversed' THEN 3 ELSE 4 END, created_at DESC`,
      { venue, account, cardHash, ...columnsOf(what), ...rewardIds(what), fromMs: nowMs - keyMs },
      nowMs,
    )
  }

  function find(where: string, values: Row, nowMs: number): Redemption | undefined {
    const row = db.get(`SELECT * FROM redemptions WHERE ${where} LIMIT 1`, values)
    return row && readRow(row, nowMs, seal)
  }

  function isSettled(id: string): boolean {
    const row = db.get(
      'SELECT 1 FROM redemptions WHERE id = :id AND settled_at IS NOT NULL AND due_at IS NULL',
      {
        id,
      },
    )
    return row !== undefined
  }

  function mustFind(id: string, nowMs: number): Redemption {
    const row = find('id = :id', { id }, nowMs)
    if (!row) throw new Error(`redemption ${id} is not in the journal`)
    return row
  }

  function nextAttempt(key: string, firstId: string): number {
    const sql = 'SELECT max(attempt) AS latest FROM redemptions WHERE key = :key OR id = :firstId'
    const row = db.get(sql, { key, firstId })
    return Number(row?.latest ?? 0) + 1
  }
}

/** Earlier versions wrote an id that holds a card number as it is. */
function rewardIds(what: What) {
  if (what.kind === 'points') return { rewardId: null, formerId: null }
  return { rewardId: shownId(what), formerId: what.rewardId }
}
