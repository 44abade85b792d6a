import { redemptionId, tenantOf } from '../model/keys.ts'
import { isRemembered, nextAttempt } from '../redemptions/attempts.ts'
import { beginDebit as newDebit, beginUnseen } from '../redemptions/begin.ts'
import type { CreditDecision, CreditRows } from '../redemptions/decide-credit.ts'
import {
  isHeldUp,
  isTakenLater,
  type CardRows,
  type DebitDecision,
  type DebitRows,
} from '../redemptions/decide-debit.ts'
import {
  isDue,
  stands,
  type Call,
  type CreditIntent,
  type DebitIntent,
  type Redemption,
} from '../redemptions/redemption.ts'
import type { RedemptionEvent } from '../redemptions/transitions.ts'
import type { CreditBegun, DebitBegun, DueUndo, Recorded, UndoBegun } from './journal.ts'
import type { Found, RedemptionRows } from './redemption-rows.ts'
import { untilWritten } from './until-written.ts'
import type { Work } from './work.ts'

/**
 * Reads the rows of a redemption, lets `redemptions/` decide, and writes the decision. If a row has changed since it
 * was read, it is read and decided again.
 */
export function createRedemptions(rows: RedemptionRows) {
  return { beginDebit, beginCredit, dueUndos, beginUndo, record }

  function* beginDebit(
    intent: DebitIntent,
    decide: (rows: DebitRows & CardRows, nowMs: number) => DebitDecision,
    call: Call,
    nowMs: number,
  ): Work<DebitBegun> {
    return yield* untilWritten(function* () {
      const found = yield* rows.findForDebit(intent, nowMs)
      const decision = decide(found, nowMs)
      // From now on its key means this attempt.
      if (decision.do === 'send' && found.alias) yield* rows.dropAlias(intent.key)
      return yield* carryOutDebit(intent, decision, call, nowMs)
    })
  }

  /** @returns undefined if its row has changed since it was read */
  function* carryOutDebit(
    intent: DebitIntent,
    decision: DebitDecision,
    call: Call,
    nowMs: number,
  ): Work<DebitBegun | undefined> {
    switch (decision.do) {
      case 'refuse':
      case 'wait':
        return decision
      case 'replay': {
        const { redemption } = decision
        if (!(yield* rows.apply(redemption, { kind: 'replayed' }, nowMs))) return undefined
        if (redemption.key !== intent.key) yield* rows.addAlias(intent.key, redemption, nowMs)
        return decision
      }
      case 'send': {
        const { again } = decision
        if (again) {
          const event = { kind: 'sent', intent, attempt: decision.attempt, call } as const
          const redemption = yield* rows.apply(again, event, nowMs)
          return redemption && { do: 'send', redemption }
        }
        const attempt = yield* unusedAttempt(intent.key, decision.attempt)
        const id = redemptionId(intent.key, attempt)
        const begun = newDebit(intent, { id, attempt, nowMs, call })
        yield* rows.add(begun, nowMs)
        return { do: 'send', redemption: begun.redemption }
      }
    }
  }

  /**
   * The core knows an attempt by its id, which must never be that of another redemption. A row that was erased still has
   * its id, but is not found by the key any more.
   *
   * @param next as `nextAttempt` returns it
   */
  function* unusedAttempt(key: string, next: number): Work<number> {
    // The rows of a key are read with the one that has the first id: then there is none.
    if (next === 1) return next
    let attempt = next
    while (yield* rows.find(redemptionId(key, attempt))) attempt++
    return attempt
  }

  function* beginCredit(
    intent: CreditIntent,
    decide: (rows: CreditRows & CardRows, nowMs: number) => CreditDecision,
    call: Call,
    nowMs: number,
  ): Work<CreditBegun> {
    return yield* untilWritten(function* () {
      const found = yield* findCredit(intent, nowMs)
      return yield* carryOutCredit(intent, decide(found, nowMs), call, nowMs)
    })
  }

  /** @returns undefined if its row has changed since it was read */
  function* carryOutCredit(
    intent: CreditIntent,
    decision: CreditDecision,
    call: Call,
    nowMs: number,
  ): Work<CreditBegun | undefined> {
    const { creditKey, secret } = intent
    switch (decision.do) {
      case 'refuse':
      case 'wait':
      case 'replay':
        return decision
      case 'requestUndo':
        return (
          (yield* rows.apply(decision.redemption, { kind: 'undo_requested', creditKey }, nowMs)) && {
            do: 'refuse',
            code: decision.code,
          }
        )
      case 'send': {
        const event = { kind: 'credit_sent', creditKey, secret, call } as const
        const redemption = yield* rows.apply(decision.redemption, event, nowMs)
        return redemption && { do: 'send', redemption }
      }
      case 'adopt':
      case 'leaveTombstone': {
        const attempts = yield* rows.findAttempts(decision.key)
        // The debit is known, but not by what else the credit says: nobody may spoil its key with a wrong card or id.
        if (attempts.some((row) => isRemembered(row, nowMs))) return { do: 'refuse', code: decision.code }
        const attempt = yield* unusedAttempt(decision.key, nextAttempt(attempts))
        const begun = beginUnseen(intent, decision, { attempt, nowMs, call })
        // A row that exists under this id is another venue's, which this one may not give back.
        if (yield* rows.find(begun.redemption.id)) return { do: 'refuse', code: decision.code }
        yield* rows.add(begun, nowMs)
        return decision.do === 'adopt'
          ? { do: 'send', redemption: begun.redemption }
          : { do: 'refuse', code: decision.code }
      }
    }
  }

  function* findCredit(intent: CreditIntent, nowMs: number): Work<CreditRows & CardRows> {
    const { creditKey, redemptionId, debitKey } = intent
    return {
      sameCredit: yield* rows.findByCredit(creditKey, nowMs),
      debits: yield* findDebits(intent, nowMs),
      alias:
        redemptionId === undefined && debitKey !== undefined
          ? yield* rows.findAlias(debitKey, nowMs)
          : undefined,
      underWay: yield* rows.findUnderWay(intent.cardHash, nowMs),
    }
  }

  function* findDebits(intent: CreditIntent, nowMs: number): Work<Redemption[]> {
    const { redemptionId, debitKey, venue, account, cardHash, what } = intent
    if (redemptionId !== undefined) {
      const found = yield* rows.find(redemptionId)
      return found ? [found.redemption] : []
    }
    if (debitKey !== undefined) return yield* rows.findAttempts(debitKey)
    return account && what ? yield* rows.findByBill({ venue, account, cardHash }, nowMs) : []
  }

  function* dueUndos(limit: number, nowMs: number): Work<DueUndo[]> {
    const due = yield* rows.findDue(limit, nowMs)
    return due.map(({ redemption, openSecret }) => {
      const { id, cardHash, tenant, trace } = redemption
      // A row of an earlier version has the tenant only in its seal.
      const secret = tenant === undefined ? openSecret() : undefined
      return { id, cardHash, trace, tenant: tenant ?? (secret && tenantOf(secret.apiKey)) }
    })
  }

  /** @param how `leavesConfirmed`: what is confirmed, and was not asked back, is left alone for now */
  function* beginUndo(
    id: string,
    { call, leavesConfirmed }: { call: Call; leavesConfirmed: boolean },
    nowMs: number,
  ): Work<UndoBegun | undefined> {
    const found = yield* rows.find(id)
    if (!found || !isDue(found.redemption, nowMs)) return undefined
    if (leavesConfirmed && stands(found.redemption)) return undefined
    const { what, cardHash, tenant } = found.redemption
    if (isHeldUp({ underWay: yield* rows.findUnderWay(cardHash, nowMs) }, tenant ?? '')) return undefined
    const isTaken = isTakenLater(found.redemption, yield* rows.findByCoupon(cardHash, what))
    const event = { kind: 'due', isTakenLater: isTaken, call } as const
    const { redemption, isChanged } = yield* record(found.redemption, event, nowMs)
    // It may be reversed by now, or have been claimed by somebody else.
    if (!redemption || !isChanged || redemption.state === 'reversed') return undefined
    return toUndoBegun({ ...found, redemption })
  }

  function* record(of: string | Redemption, event: RedemptionEvent, nowMs: number): Work<Recorded> {
    if (typeof of !== 'string') {
      const redemption = yield* rows.apply(of, event, nowMs)
      // Otherwise the row may not be as the caller knows it.
      if (redemption && redemption !== of) return { redemption, isChanged: true }
    }
    return yield* untilWritten(function* () {
      const before = (yield* rows.find(idOf(of)))?.redemption
      if (!before) return { redemption: undefined, isChanged: false }
      const redemption = yield* rows.apply(before, event, nowMs)
      return redemption && { redemption, isChanged: redemption !== before }
    })
  }
}

/** If the seal of the coupon's id is broken, it cannot be given back either. */
export function toUndoBegun({ redemption, openSecret }: Found): UndoBegun {
  return { redemption, secret: redemption.what && openSecret() }
}

export function idOf(of: string | Redemption): string {
  return typeof of === 'string' ? of : of.id
}
