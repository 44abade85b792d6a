import type { Exchange } from '../exchange.ts'
import { creditKey, debitKey, redemptionId, transactionKey } from '../model/keys.ts'
import { isPossibleRedemptionId, isPossibleRewardId } from '../model/possible-ids.ts'
import { mayBeDone, Refusal } from '../model/refusal.ts'
import { maskCard, type Caller, type CreditRequest } from '../model/words.ts'
import {
  decideCredit,
  type CreditDecision,
  type CreditQuestion,
  type CreditRows,
} from '../redemptions/decide-credit.ts'
import { isHeldUp, type CardRows } from '../redemptions/decide-debit.ts'
import { isForeignRedemptionId, unmaskMoved } from './mask-ids.ts'
import { recordOutcome, sendCredit } from './credit-call.ts'
import { maskRequest } from './former-ids.ts'
import { inTime } from './in-time.ts'
import { inTrace } from './traced-parts.ts'
import { untilFree } from './turns.ts'
import { isTooLate, notBegun, type RedemptionDeps, type RedemptionDone } from './redemption.ts'

/** Kept back to store the credit and to answer, in case the card's turn does not come in time. */
const reservedForAnswerMs = 300

/**
 * Gives back what a debit took. The debit is found by its redemption id, by its transaction id, or by bill and reward;
 * if the journal has none, the core is asked.
 *
 * @throws Refusal with the code for the till; NOT_GIVEN_BACK_YET if the outcome is unknown and the call will be
 * repeated
 */
export function createCredit(parts: RedemptionDeps) {
  return async function credit(
    request: CreditRequest,
    caller: Caller,
    exchange: Exchange,
  ): Promise<RedemptionDone> {
    const deps = inTrace(parts, exchange.span)
    const { cardNumber } = request
    if (isForeignRedemptionId(request.redemptionId, cardNumber)) throw new Refusal('NOTHING_TO_GIVE_BACK')
    const cardHash = deps.hashCard(cardNumber)
    const { tenant } = caller.credentials
    const endTurn = await deps.turns.waitFor({ tenant, cardHash }, exchange.leftMs() - reservedForAnswerMs)
    try {
      const masked = await maskRequest(deps, request, (each) => debitKeys(each, caller), exchange)
      const sender = { caller, cardHash, trace: exchange.span.traceparent }
      const question = readQuestion(masked, sender, endTurn === undefined)
      const decide = (rows: CreditRows & CardRows, nowMs: number): CreditDecision => {
        if (isTooLate(exchange)) return notBegun
        const isOthersTurn = isHeldUp(rows, tenant)
        if (isOthersTurn && exchange.leftMs() > reservedForAnswerMs) return { do: 'wait' }
        return decideCredit(rows, { ...question, isLate: question.isLate || isOthersTurn }, nowMs)
      }
      const begun = await untilFree(deps.timers, () =>
        inTime(deps.timers, exchange, deps.journal.beginCredit(question, decide), async (late) => {
          if (late.do === 'send') await recordOutcome(deps, late.redemption, { kind: 'not_done' })
        }),
      ).catch(askToTryAgain)
      if (begun.do === 'refuse') throw new Refusal(begun.code)
      const { redemption } = begun
      const what = redemption.what ?? masked.what
      if (!what) throw new Refusal('NOTHING_TO_GIVE_BACK')
      exchange.facts.redemptionId = redemption.id
      if (begun.do === 'send')
        return await sendCredit(deps, { redemption, what, cardNumber, caller, exchange })
      exchange.isReplayed = true
      const moved = unmaskMoved(redemption.givenBack ?? {}, what)
      return { redemptionId: redemption.id, what, moved }
    } finally {
      endTurn?.()
    }
  }
}

/** A credit that may have been written down is carried out by the undo worker, so the till must not hear that nothing was done. */
function askToTryAgain(error: unknown): never {
  if (!mayBeDone(error)) throw error
  throw new Refusal('TRY_AGAIN_SHORTLY', { cause: error, message: error.message })
}

/** The keys of the debit that a credit names by its transaction id, or by its bill and coupon. */
function debitKeys(request: CreditRequest, caller: Caller): (string | undefined)[] {
  const { originalTransactionId, accountNumber, what } = request
  return [
    originalTransactionId && transactionKey(caller, originalTransactionId),
    accountNumber && what?.kind === 'coupon' ? debitKey(caller, { accountNumber, what }) : undefined,
  ]
}

function readQuestion(
  request: CreditRequest,
  { caller, cardHash, trace }: { caller: Caller; cardHash: string; trace: string },
  isLate: boolean,
): CreditQuestion {
  const { cardNumber, transactionId, originalTransactionId, accountNumber, what } = request
  return {
    venue: caller.venue.coreId,
    venueId: caller.venue.id,
    tenant: caller.credentials.tenant,
    cardHash,
    cardMasked: maskCard(cardNumber),
    trace,
    secret: { cardNumber, apiKey: caller.credentials.apiKey },
    creditKey: transactionId && creditKey(caller, transactionId),
    redemptionId: request.redemptionId?.toLowerCase(),
    debitKey: originalTransactionId && transactionKey(caller, originalTransactionId),
    account: accountNumber,
    what,
    unseenDebit: readUnseenDebit(request, caller),
    isLate,
  }
}

/** The key and reference of a debit that the journal does not have; undefined if the credit names no possible debit. */
function readUnseenDebit(request: CreditRequest, caller: Caller): CreditQuestion['unseenDebit'] {
  const { originalTransactionId, accountNumber, what } = request
  const id = request.redemptionId?.toLowerCase()
  if (id !== undefined && !isPossibleRedemptionId(id)) return undefined
  if (what?.kind === 'coupon' && !isPossibleRewardId(what.rewardId)) return undefined
  if (originalTransactionId) {
    const key = transactionKey(caller, originalTransactionId)
    return { key, reference: id ?? redemptionId(key, 1), hasTransactionId: true }
  }
  if (id)
    return {
      key: JSON.stringify([caller.venue.coreId, 'redemption', id]),
      reference: id,
      hasTransactionId: true,
    }
  // Points are never debited without a transaction id, so a bill alone names no late debit of points.
  if (!accountNumber || what?.kind !== 'coupon') return undefined
  const key = debitKey(caller, { accountNumber, what })
  return { key, reference: redemptionId(key, 1), hasTransactionId: false }
}
