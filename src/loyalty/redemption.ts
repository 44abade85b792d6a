import type { UndoOutcome } from '../redemptions/redemption.ts'
import type { Balances } from '../trifft/balances.ts'
import type { CoreClient } from '../trifft/client.ts'
import { CoreRejected, CoreUnavailable } from '../trifft/errors.ts'
import type { Exchange } from '../exchange.ts'
import { coverMoved, type CoverId } from './cover-ids.ts'
import { Refusal, type Code } from '../model/refusal.ts'
import type { Caller, Moved, What } from '../model/words.ts'

export type Order = {
  caller: Caller
  cardNumber: string
  what: What
  reference: string
  idempotencyKey: string
}

/** What came of a call that takes or gives back: done, refused for good, not done, or nobody knows. */
export type CallOutcome =
  | { kind: 'done'; moved: Moved }
  | { kind: 'refused'; code: Code; refusal: Refusal }
  | { kind: 'not_done'; refusal: Refusal }
  | { kind: 'unknown' }

export type CoreCalls = Pick<CoreClient, 'redeemCoupon' | 'restoreCoupon' | 'takePoints' | 'givePointsBack'>

export const take = moveBy('redeemCoupon', 'takePoints')
export const giveBack = moveBy('restoreCoupon', 'givePointsBack')

function moveBy(ofCoupon: 'redeemCoupon' | 'restoreCoupon', ofPoints: 'takePoints' | 'givePointsBack') {
  /** The card's balance is forgotten when the call leaves and again when its outcome is known. */
  return async function move(
    core: CoreCalls,
    balances: Pick<Balances, 'drop'>,
    { what, ...order }: Order,
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

/** @returns what the journal writes down of it */
export function undoOutcome(outcome: CallOutcome, cardNumber: string, coverId: CoverId): UndoOutcome {
  if (outcome.kind === 'done')
    return { kind: 'given_back', moved: coverMoved(outcome.moved, cardNumber, coverId) }
  if (isNothing(outcome)) return { kind: 'nothing' }
  return outcome.kind === 'refused' ? { kind: 'refused', code: outcome.code } : { kind: outcome.kind }
}

export function isNothing(outcome: CallOutcome): boolean {
  return outcome.kind === 'refused' && outcome.code === 'NOTHING_TO_GIVE_BACK'
}
