import { randomUUID } from 'node:crypto'
import type { Exchange } from '../exchange.ts'
import type { Recorded } from '../journal/journal.ts'
import { mayBeDone, Refusal } from '../model/refusal.ts'
import type { Caller, What } from '../model/words.ts'
import { describeError } from '../observability/logger.ts'
import { isFinal, stands, type Redemption, type UndoOutcome } from '../redemptions/redemption.ts'
import { inTime } from './in-time.ts'
import {
  giveBackAtCore,
  isNothing,
  undoOutcome,
  type RedemptionDeps,
  type RedemptionDone,
} from './redemption.ts'
import { untilStored } from './until-stored.ts'

/** A credit whose debit was found, and whose call is about to leave. */
type CreditCall = {
  redemption: Redemption
  what: What
  cardNumber: string
  caller: Caller
  exchange: Exchange
}

/**
 * Calls the core, and writes down what becomes of it.
 * @throws Refusal NOT_GIVEN_BACK_YET if the undo worker will repeat it; else what the core has refused it with
 */
export async function sendCredit(deps: RedemptionDeps, call: CreditCall): Promise<RedemptionDone> {
  const { redemption, what, cardNumber, caller, exchange } = call
  const { id, undoNumber, state, sentAtMs } = redemption
  const order = { caller, cardNumber, what, reference: id, idempotencyKey: `${id}:undo:${undoNumber}` }
  const outcome = await giveBackAtCore(deps, order, exchange)
  const isOpen = await settle(deps, call, undoOutcome(outcome, cardNumber, deps.maskId))
  if (outcome.kind === 'done') return { redemptionId: id, what, moved: outcome.moved }
  // The till never heard OK, and the core has nothing to give back: nothing is taken.
  if (isNothing(outcome) && state === 'in_doubt' && sentAtMs !== undefined)
    return { redemptionId: id, what, moved: {} }
  throw outcome.kind === 'unknown' || isOpen ? new Refusal('NOT_GIVEN_BACK_YET') : outcome.refusal
}

/** @returns whether the undo worker will repeat the call; true as well if the outcome could not be written in time */
async function settle(deps: RedemptionDeps, call: CreditCall, outcome: UndoOutcome): Promise<boolean> {
  const { redemption: sent, exchange } = call
  const written = recordOutcome(deps, sent, outcome)
  try {
    const { redemption } = await inTime(deps.timers, exchange, written)
    return redemption === undefined || !isFinal(redemption)
  } catch (error) {
    deps.log.warn(
      { redemptionId: sent.id, error: describeError(error) },
      'the outcome of a credit could not be written',
    )
    void written
      .then(isOver, mayBeDone)
      .then((isNeeded) => (isNeeded ? giveBackLater(deps, call) : undefined))
      .catch(() => undefined)
    return true
  }
}

/** Writes down what became of the call of a credit. */
export function recordOutcome({ journal }: RedemptionDeps, sent: Redemption, outcome: UndoOutcome) {
  const callId = sent.call?.id
  return journal.record(sent, { kind: 'undo_outcome', outcome, callId, jitter: Math.random() })
}

/** Whether the credit was written down as over, too late to tell the till. */
function isOver({ redemption }: Recorded): boolean {
  return redemption !== undefined && (stands(redemption) || redemption.state === 'not_done')
}

/** The till was told that it will be given back, so the undo worker has to go on, whatever was written down of the credit. */
async function giveBackLater(
  { journal, timers }: RedemptionDeps,
  { redemption, cardNumber, caller }: CreditCall,
) {
  const { creditKey } = redemption
  const secret = { cardNumber, apiKey: caller.credentials.apiKey }
  const call = { id: randomUUID(), untilMs: 0 }
  await untilStored(timers, () =>
    journal.record(redemption, { kind: 'credit_sent', creditKey, secret, call }),
  )
}
