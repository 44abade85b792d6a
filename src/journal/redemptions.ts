import { redemptionId } from '../loyalty/keys.ts'
import type { What } from '../loyalty/words.ts'
import type { Database, Row } from './database.ts'
import type {
  CreditBegun,
  CreditDecision,
  CreditIntent,
  DebitBegun,
  DebitDecision,
  DebitIntent,
  DebitOutcome,
  KnownCredit,
  KnownDebit,
  Redemption,
  RedemptionSecret,
  RedemptionState,
  UndoBegun,
  UndoOutcome,
} from './journal.ts'
import { columnsOf, readRow } from './redemption-row.ts'
import type { Seal } from './seal.ts'
import { afterDebit, afterUndo, answerWithinMs, type Transition } from './transitions.ts'

/** A key is remembered this long; later it is a new attempt. */
const keyMs = 24 * 60 * 60 * 1000
const billMs = keyMs

/**
 * Redemptions in SQLite. Each function runs inside a transaction of the writer's.
 *
 * This file is above 200 lines since its statements are one topic: what a row is, how it is found, how it changes.
 *
 * @param settleWithinMs a call that has not settled by then has been left by whoever made it
 */
export function createRedemptions(db: Database, seal: Seal, settleWithinMs: number) {
  return { beginDebit, settleDebit, markAnswered, beginCredit, dueUndos, beginUndo, settleUndo, couponsTaken }

  function beginDebit(
    intent: DebitIntent,
    decide: (known: KnownDebit) => DebitDecision,
    nowMs: number,
  ): DebitBegun {
    const sameKey = findByKey(intent.key, nowMs)
    const decision = decide({ sameKey, sameCoupon: findTaken(intent, nowMs), isHeld: isHeld(intent, nowMs) })
    if (decision.do === 'refuse') return decision
    if (decision.do === 'replay') {
      rememberReplay(decision.redemption, intent.key, nowMs)
      return decision
    }
    // What was not done leaves nothing to remember: the same attempt is made again.
    const isRepeatedAttempt = sameKey?.state === 'not_done'
    if (isRepeatedAttempt) db.run('DELETE FROM redemptions WHERE id = :id', { id: sameKey.id })
    const attempt = nextAttempt(intent.key)
    const id = redemptionId(intent.key, attempt)
    insert({ ...intent, id, attempt, state: 'sent', sentAtMs: nowMs, keyUntilMs: nowMs + keyMs }, nowMs)
    return { do: 'send', redemption: mustFind(id, nowMs) }
  }

  function settleDebit(id: string, outcome: DebitOutcome, nowMs: number): { stands: boolean } {
    const row = mustFind(id, nowMs)
    const next = afterDebit(row, outcome, nowMs)
    change(id, next, nowMs)
    if (outcome.kind === 'confirmed')
      db.run('UPDATE redemptions SET moved = :moved, confirmed_at = :nowMs WHERE id = :id', {
        id,
        nowMs,
        moved: JSON.stringify(outcome.moved),
      })
    if (outcome.kind === 'refused')
      db.run('UPDATE redemptions SET refused_with = :code WHERE id = :id', { id, code: outcome.code })
    if (outcome.kind === 'unknown') askBackInDoubt(id, nowMs)
    return { stands: next.state !== 'in_doubt' }
  }

  function markAnswered(id: string, nowMs: number) {
    // Only what still stands: a credit may have come first.
    db.run(
      `UPDATE redemptions SET answered_at = :nowMs, due_at = NULL, sealed = NULL, seal_key = NULL
       WHERE id = :id AND state = 'confirmed' AND undo_by IS NULL`,
      { id, nowMs },
    )
  }

  function beginCredit(
    intent: CreditIntent,
    decide: (known: KnownCredit) => CreditDecision,
    nowMs: number,
  ): CreditBegun {
    const decision = decide({
      sameCredit: findByCredit(intent.creditKey, nowMs),
      debit: findDebit(intent, nowMs),
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
        return { do: 'send', redemption: mustFind(decision.redemption.id, nowMs) }
    }
  }

  /** A debit that is not known here: it gets a row, so that a late one is recognised and the answer is remembered. */
  function beginUnseen(
    intent: CreditIntent,
    decision: Extract<CreditDecision, { do: 'adopt' | 'entomb' }>,
    nowMs: number,
  ): CreditBegun {
    const { key, reference } = decision
    const attempt = nextAttempt(key)
    const id = attempt === 1 ? reference : redemptionId(key, attempt)
    // Another venue's redemption is nobody else's to give back.
    if (find('id = :id', { id }, nowMs)) return { do: 'refuse', code: 'NOTHING_TO_GIVE_BACK' }
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
      `UPDATE redemptions SET undo_by = 'till', undo_since = :nowMs, credit_key = :creditKey WHERE id = :id`,
      {
        id,
        nowMs,
        creditKey: intent.creditKey ?? null,
      },
    )
    return isAsked
      ? { do: 'send', redemption: mustFind(id, nowMs) }
      : { do: 'refuse', code: 'NOTHING_TO_GIVE_BACK' }
  }

  function dueUndos(limit: number, nowMs: number): { id: string; cardHash: string }[] {
    return db
      .all('SELECT id, card_hash FROM redemptions WHERE due_at <= :nowMs ORDER BY due_at LIMIT :limit', {
        nowMs,
        limit,
      })
      .map((row) => ({ id: String(row.id), cardHash: String(row.card_hash) }))
  }

  function beginUndo(id: string, nowMs: number): UndoBegun | undefined {
    const row = db.get('SELECT * FROM redemptions WHERE id = :id AND due_at <= :nowMs', { id, nowMs })
    if (!row) return undefined
    const redemption = readRow(row, nowMs)
    // A coupon that was taken again since cannot have been taken by the call that was lost.
    if (redemption.isFreed && isTakenLater(redemption)) {
      change(id, { state: 'reversed', dueAtMs: null, isFinal: true }, nowMs)
      return undefined
    }
    const isCredit = redemption.state === 'confirmed' && redemption.undoBy === 'till'
    db.run('UPDATE redemptions SET state = :state, due_at = :dueAtMs WHERE id = :id', {
      id,
      state: isCredit ? 'confirmed' : 'in_doubt',
      dueAtMs: nowMs + settleWithinMs,
    })
    askBackInDoubt(id, nowMs)
    const sealed = { box: row.sealed as Uint8Array, keyId: String(row.seal_key) }
    return {
      redemption: mustFind(id, nowMs),
      secret: seal.open(`redemptions/${id}`, sealed) as RedemptionSecret,
      venue: String(row.venue),
      venueId: String(row.venue_id),
    }
  }

  function settleUndo(
    id: string,
    outcome: UndoOutcome,
    nowMs: number,
  ): { state: RedemptionState; isFinal: boolean } {
    const row = mustFind(id, nowMs)
    // An operator has settled it while the call was under way. That it was given back is the truth all the same.
    if (isSettled(id) && outcome.kind !== 'given_back') return { state: row.state, isFinal: true }
    const next = afterUndo(row, outcome, nowMs, Math.random())
    change(id, next, nowMs)
    const isAnswer = outcome.kind === 'refused' || outcome.kind === 'nothing'
    db.run(
      `UPDATE redemptions SET undo_last = :last, undo_calls = undo_calls + 1, undo_tries = undo_tries + :tries,
         undo_number = undo_number + :answers, given_back = :givenBack WHERE id = :id`,
      {
        id,
        last: outcome.kind === 'refused' ? `refused: ${outcome.code}` : outcome.kind,
        tries: outcome.kind === 'refused' ? 1 : 0,
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

  function couponsTaken(bill: {
    venue: string
    cardHash: string
    account: string
    fromMs: number
    toMs: number
  }): string[] {
    return db
      .all(
        `SELECT DISTINCT reward_id FROM redemptions
         WHERE venue = :venue AND account = :account AND card_hash = :cardHash AND state = 'confirmed'
           AND kind = 'coupon' AND confirmed_at BETWEEN :fromMs AND :toMs ORDER BY confirmed_at`,
        bill,
      )
      .map((row) => String(row.reward_id))
  }

  // Finding

  function findByKey(
    key: string,
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
        firstId: redemptionId(key, 1),
        aliasFromMs: nowMs - keyMs,
        nowMs,
        isEver: within === 'ever' ? 1 : 0,
      },
      nowMs,
    )
  }

  /** A user coupon can be taken once: the same card, bill and coupon is the same debit under whatever key. */
  function findTaken({ venue, account, cardHash, what }: DebitIntent, nowMs: number): Redemption | undefined {
    if (what.kind === 'points') return undefined
    return find(
      `venue = :venue AND account = :account AND card_hash = :cardHash AND reward_id = :rewardId
       AND state = 'confirmed' AND undo_by IS NULL ORDER BY confirmed_at DESC`,
      { venue, account, cardHash, rewardId: what.rewardId },
      nowMs,
    )
  }

  function isHeld({ key, cardHash, what }: DebitIntent, nowMs: number): boolean {
    if (what.kind === 'points') return false
    const held = find(
      `card_hash = :cardHash AND reward_id = :rewardId AND key != :key
       AND (state = 'sent' OR (state = 'in_doubt' AND undo_last IS NOT 'nothing')
         OR (state = 'confirmed' AND undo_by IS NOT NULL))`,
      { cardHash, rewardId: what.rewardId, key },
      nowMs,
    )
    return held !== undefined
  }

  function isTakenLater({ sentAtMs, cardHash, what }: Redemption): boolean {
    if (what?.kind !== 'coupon') return false
    const taken = find(
      `card_hash = :cardHash AND reward_id = :rewardId AND state = 'confirmed' AND sent_at > :sentAtMs`,
      { cardHash, rewardId: what.rewardId, sentAtMs },
      sentAtMs,
    )
    return taken !== undefined
  }

  function findByCredit(creditKey: string | undefined, nowMs: number): Redemption | undefined {
    if (!creditKey) return undefined
    return find(
      'credit_key = :creditKey AND created_at > :fromMs',
      { creditKey, fromMs: nowMs - keyMs },
      nowMs,
    )
  }

  /** By the redemption, by the debit's transaction, or as the latest of that bill that can be given back. */
  function findDebit(intent: CreditIntent, nowMs: number): Redemption | undefined {
    const { venue, redemptionId: id, debitKey, account, cardHash, what } = intent
    if (id) return find('id = :id AND venue = :venue', { id, venue }, nowMs)
    // A debit's key is remembered for its repeats; a credit finds it for as long as the row is there.
    if (debitKey) return findByKey(debitKey, nowMs, 'ever')
    if (!account || !what) return undefined
    return find(
      `venue = :venue AND account = :account AND card_hash = :cardHash AND kind = :kind
       AND reward_id IS :rewardId AND points IS :points AND created_at > :fromMs
       ORDER BY CASE state WHEN 'confirmed' THEN undo_by IS NOT NULL WHEN 'sent' THEN 2 WHEN 'in_doubt' THEN 2
         WHEN 'stuck' THEN 2 WHEN 'credited' THEN 3 WHEN 'reversed' THEN 3 ELSE 4 END, created_at DESC`,
      { venue, account, cardHash, ...columnsOf(what), fromMs: nowMs - billMs },
      nowMs,
    )
  }

  function find(where: string, values: Row, nowMs: number): Redemption | undefined {
    const row = db.get(`SELECT * FROM redemptions WHERE ${where} LIMIT 1`, values)
    return row && readRow(row, nowMs)
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

  // Changing

  function nextAttempt(key: string): number {
    const row = db.get('SELECT max(attempt) AS latest FROM redemptions WHERE key = :key OR id = :firstId', {
      key,
      firstId: redemptionId(key, 1),
    })
    return Number(row?.latest ?? 0) + 1
  }

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

  function insert(row: NewRow, nowMs: number) {
    const sealed = row.secret && seal.close(`redemptions/${row.id}`, row.secret)
    db.run(
      `INSERT INTO redemptions (id, key, attempt, venue, venue_id, card_hash, card_masked, account, kind, reward_id, points,
         state, sealed, seal_key, created_at, sent_at, due_at, changed_at, key_until)
       VALUES (:id, :key, :attempt, :venue, :venueId, :cardHash, :cardMasked, :account, :kind, :rewardId, :points,
         :state, :sealed, :sealKey, :nowMs, :sentAtMs, :dueAtMs, :nowMs, :keyUntilMs)`,
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
      },
    )
  }

  function askBack(row: Redemption, intent: CreditIntent, nowMs: number) {
    const sealed = seal.close(`redemptions/${row.id}`, intent.secret)
    db.run(
      `UPDATE redemptions SET state = :state, undo_by = 'till', undo_since = coalesce(undo_since, :nowMs),
         credit_key = coalesce(:creditKey, credit_key), sealed = :sealed, seal_key = :sealKey, due_at = :dueAtMs, changed_at = :nowMs WHERE id = :id`,
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
    db.run(
      `UPDATE redemptions SET state = :state, due_at = :dueAtMs, changed_at = :nowMs,
         sealed = CASE WHEN :isFinal THEN NULL ELSE sealed END,
         seal_key = CASE WHEN :isFinal THEN NULL ELSE seal_key END
       WHERE id = :id`,
      { id, state: next.state, dueAtMs: next.dueAtMs, isFinal: next.isFinal ? 1 : 0, nowMs },
    )
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
