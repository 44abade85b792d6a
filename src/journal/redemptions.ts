import type {
  CreditBegun,
  CreditDecision,
  CreditIntent,
  DebitBegun,
  DebitDecision,
  DebitIntent,
  DebitOutcome,
  DueUndo,
  KnownCredit,
  KnownDebit,
  RedemptionSecret,
  RedemptionState,
  UndoBegun,
  UndoOutcome,
} from '../redemptions/redemption.ts'
import { redemptionId, tenantOf } from '../model/keys.ts'
import type { Database, Row } from './sqlite/database.ts'
import { whereOpen, readRow } from './redemption-row.ts'
import { createRedemptionSearch, keyMs } from './redemption-search.ts'
import { createRedemptionWrites } from './redemption-writes.ts'
import type { Seal } from './seal.ts'
import { afterDebit, afterUndo } from '../redemptions/transitions.ts'

/**
 * Redemptions in SQLite. Each function runs inside a transaction of the writer's. A little above 200 lines, so that the
 * whole life of a row, from its intent to its undo, is on one page.
 *
 * @param settleWithinMs a call that has not settled by then has been left by whoever made it
 */
export function createRedemptions(db: Database, seal: Seal, settleWithinMs: number) {
  const search = createRedemptionSearch(db, seal)
  const { insert, writeOutcome, writeLateTake, askBack, askBackInDoubt, change, rememberReplay } =
    createRedemptionWrites(db, seal, settleWithinMs)
  return {
    beginDebit,
    settleDebit,
    markAnswered,
    beginCredit,
    dueUndos,
    beginUndo,
    settleUndo,
  }

  function beginDebit(
    intent: DebitIntent,
    decide: (known: KnownDebit) => DebitDecision,
    nowMs: number,
  ): DebitBegun {
    const firstId = redemptionId(intent.key, 1)
    const sameKey = search.findByKey(intent.key, firstId, nowMs)
    const decision = decide({
      sameKey,
      sameCoupon: search.findTaken(intent, nowMs),
      isHeld: search.isHeld(intent, nowMs),
    })
    if (decision.do === 'refuse') return decision
    if (decision.do === 'replay') {
      rememberReplay(decision.redemption, intent.key, nowMs)
      return decision
    }
    // What was not done leaves nothing to remember: the same attempt is made again.
    const isRepeatedAttempt = sameKey?.state === 'not_done'
    if (isRepeatedAttempt) db.run('DELETE FROM redemptions WHERE id = :id', { id: sameKey.id })
    const attempt = search.nextAttempt(intent.key, firstId)
    const id = attempt === 1 ? firstId : redemptionId(intent.key, attempt)
    insert({ ...intent, id, attempt, state: 'sent', sentAtMs: nowMs, keyUntilMs: nowMs + keyMs }, nowMs)
    return { do: 'send', id }
  }

  function settleDebit(id: string, outcome: DebitOutcome, nowMs: number): { stands: boolean } {
    const row = search.mustFind(id, nowMs)
    const next = afterDebit(row, outcome, nowMs)
    if (!next) return { stands: row.state === 'confirmed' && !row.undoBy }
    if (row.state === 'sent') writeOutcome(id, next, outcome, nowMs)
    else if (outcome.kind === 'confirmed') writeLateTake(id, next, outcome, nowMs)
    if (next.state === 'in_doubt') askBackInDoubt(id, nowMs)
    return { stands: next.state === 'confirmed' }
  }

  function markAnswered(id: string, nowMs: number) {
    // A credit may have come first: it needs the seal, and where it fails all is as it was, answered.
    db.run(
      `UPDATE redemptions SET answered_at = :nowMs,
         due_at = iif(undo_by IS NULL, NULL, due_at),
         sealed = iif(undo_by IS NULL, NULL, sealed),
         seal_key = iif(undo_by IS NULL, NULL, seal_key)
       WHERE id = :id AND state = 'confirmed'`,
      { id, nowMs },
    )
  }

  function beginCredit(
    intent: CreditIntent,
    decide: (known: KnownCredit) => CreditDecision,
    nowMs: number,
  ): CreditBegun {
    const decision = decide({
      sameCredit: search.findByCredit(intent.creditKey, nowMs),
      debit: search.findDebit(intent, nowMs),
    })
    switch (decision.do) {
      case 'refuse':
      case 'replay':
        return decision
      case 'ask':
        // When it is due stays as it is: a till that asks again and again must not put it off.
        db.run(
          `UPDATE redemptions SET undo_by = 'till', undo_since = coalesce(undo_since, :nowMs),
             credit_key = coalesce(:creditKey, credit_key) WHERE id = :id`,
          { id: decision.redemption.id, creditKey: intent.creditKey ?? null, nowMs },
        )
        return { do: 'refuse', code: 'NOT_GIVEN_BACK_YET' }
      case 'entomb':
      case 'adopt':
        return beginUnseen(intent, decision, nowMs)
      case 'send':
        askBack(decision.redemption, intent, nowMs)
        return { do: 'send', redemption: search.mustFind(decision.redemption.id, nowMs) }
    }
  }

  /** A debit that is not known here: it gets a row, so that a late one is recognised and the answer is remembered. */
  function beginUnseen(
    intent: CreditIntent,
    decision: Extract<CreditDecision, { do: 'adopt' | 'entomb' }>,
    nowMs: number,
  ): CreditBegun {
    const { key, reference } = decision
    const attempt = search.nextAttempt(key, redemptionId(key, 1))
    const id = attempt === 1 ? reference : redemptionId(key, attempt)
    // Another venue's redemption is nobody else's to give back.
    if (search.find('id = :id', { id }, nowMs)) return { do: 'refuse', code: 'NOTHING_TO_GIVE_BACK' }
    const isAsked = decision.do === 'adopt'
    insert(
      {
        ...intent,
        id,
        key,
        attempt,
        secret: isAsked ? intent.secret : undefined,
        state: isAsked ? 'in_doubt' : 'reversed',
        sentAtMs: null,
        dueAtMs: isAsked ? nowMs + settleWithinMs : null,
        keyUntilMs: nowMs + (isAsked ? keyMs : decision.forMs),
      },
      nowMs,
    )
    db.run(
      `UPDATE redemptions SET undo_by = 'till', undo_since = :nowMs, undo_calls = :calls, credit_key = :creditKey
       WHERE id = :id`,
      {
        id,
        nowMs,
        calls: isAsked ? 1 : 0,
        creditKey: intent.creditKey ?? null,
      },
    )
    return isAsked
      ? { do: 'send', redemption: search.mustFind(id, nowMs) }
      : { do: 'refuse', code: 'NOTHING_TO_GIVE_BACK' }
  }

  function dueUndos(limit: number, nowMs: number): DueUndo[] {
    return db
      .all(
        `SELECT id, card_hash, tenant, sealed, seal_key FROM redemptions WHERE ${whereOpen} AND due_at <= :nowMs ORDER BY due_at LIMIT :limit`,
        { nowMs, limit },
      )
      .map((row) => ({ id: String(row.id), cardHash: String(row.card_hash), tenant: readTenant(row) }))
  }

  /** A row from before has it in its seal only. */
  function readTenant(row: Row): string | undefined {
    if (typeof row.tenant === 'string') return row.tenant
    const secret = openSecret(row)
    return secret && tenantOf(secret.apiKey)
  }

  function beginUndo(id: string, nowMs: number): UndoBegun | undefined {
    const row = db.get('SELECT * FROM redemptions WHERE id = :id AND due_at <= :nowMs', { id, nowMs })
    if (!row) return undefined
    const redemption = readRow(row, nowMs, seal)
    // A coupon that was taken again since cannot have been taken by the call that was lost.
    if (redemption.isFreed && search.isTakenLater(redemption)) {
      change(id, { state: 'reversed', dueAtMs: null, isFinal: true }, nowMs)
      return undefined
    }
    const isCredit = redemption.state === 'confirmed' && redemption.undoBy === 'till'
    db.run(
      'UPDATE redemptions SET state = :state, due_at = :dueAtMs, undo_calls = undo_calls + 1 WHERE id = :id',
      {
        id,
        state: isCredit ? 'confirmed' : 'in_doubt',
        dueAtMs: nowMs + settleWithinMs,
      },
    )
    askBackInDoubt(id, nowMs)
    return {
      redemption: search.mustFind(id, nowMs),
      // Without the coupon's own id it cannot be given back either.
      secret: redemption.what && openSecret(row),
      venue: String(row.venue),
      venueId: String(row.venue_id),
    }
  }

  function openSecret({ id, sealed: box, seal_key: keyId }: Row): RedemptionSecret | undefined {
    if (!(box instanceof Uint8Array)) return undefined
    const content = seal.open(`redemptions/${String(id)}`, { box, keyId: String(keyId) })
    return content as RedemptionSecret | undefined
  }

  function settleUndo(
    id: string,
    outcome: UndoOutcome,
    nowMs: number,
  ): { state: RedemptionState; isFinal: boolean } {
    const row = search.mustFind(id, nowMs)
    // An operator has settled it while the call was under way. That it was given back is the truth all the same.
    if (search.isSettled(id) && outcome.kind !== 'given_back') return { state: row.state, isFinal: true }
    const next = afterUndo(row, outcome, nowMs, Math.random())
    change(id, next, nowMs)
    const isAnswer = outcome.kind === 'refused' || outcome.kind === 'nothing'
    // What was taken and cannot be given back is a refusal, whatever the core calls it.
    const isRefusal = outcome.kind === 'refused' || (outcome.kind === 'nothing' && row.state === 'confirmed')
    const isSilent = outcome.kind === 'not_done' || outcome.kind === 'unknown'
    db.run(
      `UPDATE redemptions SET undo_last = :last, undo_tries = undo_tries + :tries,
         undo_number = undo_number + :answers, given_back = :givenBack WHERE id = :id`,
      {
        id,
        // What is free stays free until the core says otherwise.
        last:
          outcome.kind === 'refused'
            ? `refused: ${outcome.code}`
            : row.isFreed && isSilent
              ? 'nothing'
              : outcome.kind,
        tries: isRefusal ? 1 : 0,
        answers: isAnswer ? 1 : 0,
        givenBack: outcome.kind === 'given_back' ? JSON.stringify(outcome.moved) : null,
      },
    )
    if (next.isCreditOver)
      db.run(
        'UPDATE redemptions SET undo_by = NULL, undo_calls = 0, undo_tries = 0, undo_since = NULL WHERE id = :id',
        { id },
      )
    return next
  }
}
