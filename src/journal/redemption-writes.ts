import type {
  CreditIntent,
  DebitIntent,
  DebitOutcome,
  Redemption,
  RedemptionState,
} from '../redemptions/redemption.ts'
import { tenantOf } from '../model/keys.ts'
import type { What } from '../model/words.ts'
import type { Database } from './sqlite/database.ts'
import { columnsOf, sealReward } from './redemption-row.ts'
import type { Seal } from './seal.ts'
import { answerWithinMs, type Transition } from '../redemptions/transitions.ts'

type NewRow = Pick<DebitIntent, 'key' | 'venue' | 'venueId' | 'cardHash' | 'cardMasked'> & {
  id: string
  attempt: number
  account: string | undefined
  what: What | undefined
  state: RedemptionState
  secret: CreditIntent['secret'] | undefined
  sentAtMs: number | null
  dueAtMs?: number | null
  keyUntilMs: number
}

/** What every step of a row writes, with `valuesOf` the step. */
const asNext = `state = :state, due_at = :dueAtMs, changed_at = :nowMs,
  sealed = iif(:isFinal, NULL, sealed), seal_key = iif(:isFinal, NULL, seal_key)`

function valuesOf({ state, dueAtMs, isFinal }: Transition, nowMs: number) {
  return { state, dueAtMs, isFinal: isFinal ? 1 : 0, nowMs }
}

/** How rows of redemptions are written; what becomes of a row is in `transitions.ts`. */
export function createRedemptionWrites(db: Database, seal: Seal, settleWithinMs: number) {
  return { insert, writeOutcome, writeLateTake, askBack, askBackInDoubt, change, rememberReplay }

  function insert(row: NewRow, nowMs: number) {
    const sealed = row.secret && seal.close(`redemptions/${row.id}`, row.secret)
    const reward = sealReward(row.id, row.what, seal)
    db.run(
      `INSERT INTO redemptions (id, key, attempt, venue, venue_id, card_hash, card_masked, account, kind, reward_id, points,
         state, sealed, seal_key, created_at, sent_at, due_at, changed_at, key_until, tenant, reward_sealed, reward_seal_key)
       VALUES (:id, :key, :attempt, :venue, :venueId, :cardHash, :cardMasked, :account, :kind, :rewardId, :points,
         :state, :sealed, :sealKey, :nowMs, :sentAtMs, :dueAtMs, :nowMs, :keyUntilMs, :tenant, :rewardSealed, :rewardSealKey)`,
      {
        id: row.id,
        key: row.key,
        attempt: row.attempt,
        venue: row.venue,
        venueId: row.venueId,
        cardHash: row.cardHash,
        cardMasked: row.cardMasked,
        account: row.account ?? null,
        ...columnsOf(row.what),
        state: row.state,
        sealed: sealed?.box ?? null,
        sealKey: sealed?.keyId ?? null,
        nowMs,
        sentAtMs: row.sentAtMs,
        dueAtMs: row.dueAtMs === undefined ? nowMs + settleWithinMs : row.dueAtMs,
        keyUntilMs: row.keyUntilMs,
        tenant: row.secret ? tenantOf(row.secret.apiKey) : null,
        rewardSealed: reward?.box ?? null,
        rewardSealKey: reward?.keyId ?? null,
      },
    )
  }

  /** Once for each debit that was sent. */
  function writeOutcome(id: string, next: Transition, outcome: DebitOutcome, nowMs: number) {
    db.run(
      `UPDATE redemptions SET ${asNext}, moved = :moved, refused_with = :refusedWith,
         confirmed_at = iif(:moved IS NULL, confirmed_at, :nowMs) WHERE id = :id`,
      {
        id,
        ...valuesOf(next, nowMs),
        moved: outcome.kind === 'confirmed' ? JSON.stringify(outcome.moved) : null,
        refusedWith: outcome.kind === 'refused' ? outcome.code : null,
      },
    )
  }

  /** Its seal may be gone with the state that it was in; an operator's decision was made without knowing this. */
  function writeLateTake(
    id: string,
    next: Transition,
    { moved, secret }: Extract<DebitOutcome, { kind: 'confirmed' }>,
    nowMs: number,
  ) {
    const { box, keyId } = seal.close(`redemptions/${id}`, secret)
    db.run(
      `UPDATE redemptions SET ${asNext}, moved = :moved, confirmed_at = :nowMs, undo_last = NULL,
         sealed = :box, seal_key = :keyId, settled_by = NULL, settled_why = NULL, settled_at = NULL WHERE id = :id`,
      { id, ...valuesOf(next, nowMs), moved: JSON.stringify(moved), box, keyId },
    )
  }

  function askBack(row: Redemption, intent: CreditIntent, nowMs: number) {
    const sealed = seal.close(`redemptions/${row.id}`, intent.secret)
    db.run(
      `UPDATE redemptions SET state = :state, undo_by = 'till', undo_since = coalesce(undo_since, :nowMs),
         undo_calls = undo_calls + 1, credit_key = coalesce(:creditKey, credit_key), sealed = :sealed, seal_key = :sealKey, due_at = :dueAtMs, changed_at = :nowMs WHERE id = :id`,
      {
        id: row.id,
        state: row.state === 'confirmed' ? 'confirmed' : 'in_doubt',
        creditKey: intent.creditKey ?? null,
        sealed: sealed.box,
        sealKey: sealed.keyId,
        dueAtMs: nowMs + settleWithinMs,
        nowMs,
      },
    )
  }

  function askBackInDoubt(id: string, nowMs: number) {
    db.run(
      `UPDATE redemptions SET undo_by = coalesce(undo_by, 'doubt'), undo_since = coalesce(undo_since, :nowMs) WHERE id = :id`,
      { id, nowMs },
    )
  }

  function change(id: string, next: Transition, nowMs: number) {
    db.run(`UPDATE redemptions SET ${asNext} WHERE id = :id`, { id, ...valuesOf(next, nowMs) })
  }

  function rememberReplay(row: Redemption, key: string, nowMs: number) {
    if (row.key !== key)
      db.run(
        `INSERT INTO redemption_aliases VALUES (:key, :id, :nowMs)
         ON CONFLICT (key) DO UPDATE SET redemption_id = :id, created_at = :nowMs`,
        { key, id: row.id, nowMs },
      )
    // The till is about to hear the OK again: no undo may leave before that is known.
    db.run(
      `UPDATE redemptions SET due_at = :dueAtMs WHERE id = :id AND state = 'confirmed' AND due_at IS NOT NULL`,
      {
        id: row.id,
        dueAtMs: nowMs + answerWithinMs,
      },
    )
  }
}
