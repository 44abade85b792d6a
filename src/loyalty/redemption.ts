import type { Exchange } from '../exchange.ts'
import type { Journal } from '../journal/journal.ts'
import { Refusal, type Code } from '../model/refusal.ts'
import type { Moved, What } from '../model/words.ts'
import type { Logger } from '../observability/logger.ts'
import type { UndoOutcome } from '../redemptions/redemption.ts'
import type { Timers } from '../time/clock.ts'
import type { Balances } from '../trifft/balances.ts'
import type { CoreClient, Order } from '../trifft/client.ts'
import { CoreRejected, CoreUnavailable } from '../trifft/errors.ts'
import { maskMoved, type MaskId } from './mask-ids.ts'
import type { Turns } from './turns.ts'

export type CoreCalls = Pick<CoreClient, 'redeemCoupon' | 'restoreCoupon' | 'takePoints' | 'givePointsBack'>

/** What debits and credits need. */
export type RedemptionDeps = {
  core: CoreCalls
  balances: Pick<Balances, 'drop'>
  journal: Journal
  turns: Turns
  timers: Timers
  hashCard: (cardNumber: string) => string
  maskId: MaskId
  log: Logger
}

/** A debit or credit that is done, now or before: then `isReplayed` of its exchange is set. */
export type RedemptionDone = { redemptionId: string; what: What; moved: Moved }

/** What the core is asked to take or to give back. */
export type RedemptionOrder = Order & { what: What }

/** `refused`: for good. `not_done`: nothing happened, and it may be sent again. `unknown`: it may have been done. */
type CallOutcome =
  | { kind: 'done'; moved: Moved }
  | { kind: 'refused'; code: Code; refusal: Refusal }
  | { kind: 'not_done'; refusal: Refusal }
  | { kind: 'unknown' }

/**
 * Whether the till does not wait any more, though its message was not begun, as when this process was frozen meanwhile: it
 * may have asked again since, and have heard something else by now.
 */
export function isTooLate({ isTillGone, leftMs }: Exchange): boolean {
  return isTillGone || leftMs() <= 0
}

/** What is decided then. */
export const notBegun = { do: 'refuse', code: 'TRY_AGAIN_SHORTLY' } as const

type CallDeps = Pick<RedemptionDeps, 'core' | 'balances'>

export const takeAtCore = createCoreMove('redeemCoupon', 'takePoints')
export const giveBackAtCore = createCoreMove('restoreCoupon', 'givePointsBack')

function createCoreMove(
  ofCoupon: 'redeemCoupon' | 'restoreCoupon',
  ofPoints: 'takePoints' | 'givePointsBack',
) {
  /** Drops the card's cached balance when the call leaves, and again when its outcome is known. */
  return async function move(
    { core, balances }: CallDeps,
    { what, ...order }: RedemptionOrder,
    exchange: Exchange,
  ): Promise<CallOutcome> {
    balances.drop(order.caller, order.cardNumber)
    try {
      const moved =
        what.kind === 'coupon'
          ? await core[ofCoupon]({ ...order, rewardId: what.rewardId }, exchange)
          : await core[ofPoints]({ ...order, points: what.points }, exchange)
      return { kind: 'done', moved }
    } catch (error) {
      return outcomeOf(error)
    } finally {
      balances.drop(order.caller, order.cardNumber)
    }
  }
}

function outcomeOf(error: unknown): CallOutcome {
  if (error instanceof CoreRejected && error.meaning === 'refused')
    return { kind: 'refused', code: error.code, refusal: error }
  if (error instanceof CoreRejected || error instanceof CoreUnavailable)
    return { kind: 'not_done', refusal: error }
  if (error instanceof Refusal) return { kind: 'unknown' }
  throw error
}

/** @returns the outcome of a call that gives back, as the journal records it */
export function undoOutcome(outcome: CallOutcome, cardNumber: string, maskId: MaskId): UndoOutcome {
  if (outcome.kind === 'done')
    return { kind: 'given_back', moved: maskMoved(outcome.moved, cardNumber, maskId) }
  if (isNothing(outcome)) return { kind: 'nothing' }
  return outcome.kind === 'refused' ? { kind: 'refused', code: outcome.code } : { kind: outcome.kind }
}

export function isNothing(outcome: CallOutcome): boolean {
  return outcome.kind === 'refused' && outcome.code === 'NOTHING_TO_GIVE_BACK'
}
