import type { Exchange } from '../exchange.ts'
import { debitKey } from '../model/keys.ts'
import { isPossibleRewardId } from '../model/possible-ids.ts'
import { Refusal, StorageUnavailable } from '../model/refusal.ts'
import { maskCard, type Caller, type DebitRequest } from '../model/words.ts'
import { describeError } from '../observability/logger.ts'
import { isSameContent } from '../redemptions/content.ts'
import {
  decideDebit,
  isHeldUp,
  type CardRows,
  type DebitDecision,
  type DebitRows,
} from '../redemptions/decide-debit.ts'
import { stands, type DebitIntent, type DebitOutcome, type Redemption } from '../redemptions/redemption.ts'
import type { Timers } from '../time/clock.ts'
import { settlesWithin } from '../time/waiting.ts'
import { maskMoved, unmaskMoved } from './mask-ids.ts'
import { maskRequest } from './former-ids.ts'
import { inTime } from './in-time.ts'
import { inTrace } from './traced-parts.ts'
import { untilFree } from './turns.ts'
import { isTooLate, notBegun, takeAtCore, type RedemptionDeps, type RedemptionDone } from './redemption.ts'

/** With less time left a debit is not sent: its answer would most likely come too late, leaving it in doubt. */
const minTimeToSendMs = 500
/** An OK leaves within this time after the success is on disk, or never: half of what an undo waits for it. */
const latestOkMs = 5_000
/** Kept back for the answer of a debit that waits for its twin. */
const reservedForAnswerMs = 50

/** `turn`: its own, or the one behind which it found no room. */
type RunningDebit = { intent: DebitIntent; done: Promise<DebitDone>; turn: object | undefined }
/** `row`: as it is known, to be marked once the OK has left. */
export type DebitDone = RedemptionDone & { row: Redemption }
type DebitCall = { intent: DebitIntent; caller: Caller; exchange: Exchange }

/**
 * Takes a reward or points, once, however often the till asks. The intent is on disk before the call leaves, and a
 * success before the till hears OK.
 *
 * @throws Refusal with the code for the till; NOT_REDEEMED if the outcome is unknown: it is in doubt and will be undone
 */
export function createDebit(parts: RedemptionDeps) {
  const running = new Map<string, RunningDebit>()

  return async function debit(request: DebitRequest, caller: Caller, exchange: Exchange): Promise<DebitDone> {
    const deps = inTrace(parts, exchange.span)
    const { what } = request
    if (what.kind === 'coupon' && !isPossibleRewardId(what.rewardId)) throw new Refusal('REWARD_UNKNOWN')
    const masked = await maskRequest(deps, request, (each) => [debitKey(caller, each)], exchange)
    const intent = readIntent(deps, masked, caller, exchange)
    const twin = running.get(intent.key)
    // What came between them, a credit perhaps, must not be overtaken.
    if (twin && twin.turn === deps.turns.latest(intent))
      return await answerOfTwin(twin, intent, exchange, deps.timers)

    const done = debitInTurn(deps, { intent, caller, exchange })
    const debit = { intent, done, turn: deps.turns.latest(intent) }
    running.set(intent.key, debit)
    try {
      return await done
    } finally {
      if (running.get(intent.key) === debit) running.delete(intent.key)
    }
  }
}

function readIntent(
  { hashCard }: RedemptionDeps,
  request: DebitRequest,
  caller: Caller,
  { span }: Exchange,
): DebitIntent {
  const { cardNumber, accountNumber, what, transactionId } = request
  const { tenant, apiKey } = caller.credentials
  return {
    key: debitKey(caller, request),
    hasTransactionId: transactionId !== undefined,
    venue: caller.venue.coreId,
    venueId: caller.venue.id,
    tenant,
    account: accountNumber,
    what,
    cardHash: hashCard(cardNumber),
    cardMasked: maskCard(cardNumber),
    trace: span.traceparent,
    secret: { cardNumber, apiKey },
  }
}

/** The second of two equal debits that came at once waits for the first and gets the same answer. */
async function answerOfTwin(
  first: RunningDebit,
  intent: DebitIntent,
  exchange: Exchange,
  timers: Timers,
): Promise<DebitDone> {
  if (!isSameContent(first.intent, intent)) throw new Refusal('DUPLICATE_REFERENCE')
  if (!(await settlesWithin(timers, exchange.leftMs() - reservedForAnswerMs, first.done)))
    throw new Refusal('TRY_AGAIN_SHORTLY')
  exchange.isReplayed = true
  return await first.done
}

async function debitInTurn(deps: RedemptionDeps, call: DebitCall): Promise<DebitDone> {
  const { intent, caller, exchange } = call
  const { tenant } = caller.credentials
  const endTurn = await deps.turns.waitFor(
    { tenant, cardHash: intent.cardHash },
    exchange.leftMs() - minTimeToSendMs,
  )
  try {
    const decide = (rows: DebitRows & CardRows, nowMs: number): DebitDecision => {
      if (isTooLate(exchange)) return notBegun
      const isOthersTurn = isHeldUp(rows, tenant)
      if (isOthersTurn && exchange.leftMs() > minTimeToSendMs) return { do: 'wait' }
      const decision = decideDebit(rows, intent, nowMs)
      // Without the card's turn, or with too little time, it can be answered from the journal, but not sent.
      const canSend = endTurn && !isOthersTurn && exchange.leftMs() >= minTimeToSendMs
      return decision.do === 'send' && !canSend ? { do: 'refuse', code: 'CORE_UNAVAILABLE' } : decision
    }
    const begun = await untilFree(deps.timers, () =>
      inTime(deps.timers, exchange, deps.journal.beginDebit(intent, decide), async (late) => {
        if (late.do === 'send') await record(deps, late.redemption, { kind: 'not_done' })
      }),
    )
    if (begun.do === 'refuse') throw new Refusal(begun.code)
    if (begun.do === 'send') return await send(deps, call, begun.redemption)
    const { redemption: row } = begun
    const { id, refusedWith, moved = {} } = row
    exchange.facts.redemptionId = id
    exchange.isReplayed = true
    if (refusedWith) throw new Refusal(refusedWith)
    const { what } = intent
    return { redemptionId: id, what, moved: unmaskMoved(moved, what), row }
  } finally {
    endTurn?.()
  }
}

async function send(
  deps: RedemptionDeps,
  { intent, caller, exchange }: DebitCall,
  redemption: Redemption,
): Promise<DebitDone> {
  const { id } = redemption
  exchange.facts.redemptionId = id
  const { what, secret } = intent
  const { cardNumber } = secret
  const order = { caller, cardNumber, what, reference: id, idempotencyKey: `${id}:take` }
  const outcome = await takeAtCore(deps, order, exchange)
  if (outcome.kind === 'done') {
    const moved = maskMoved(outcome.moved, cardNumber, deps.maskId)
    const leftMs = exchange.leftMs()
    const row = await confirm(deps, exchange, redemption, { kind: 'confirmed', moved, secret })
    // The process was frozen: another replica is about to give it back, since no OK has left.
    const wasFrozen = leftMs - exchange.leftMs() > latestOkMs
    if (!row || wasFrozen)
      throw new Refusal('NOT_REDEEMED', { message: 'taken, but not recorded, or its undo was requested' })
    return { redemptionId: id, what, moved: outcome.moved, row }
  }

  // The till does not wait for this write, nor fail with it: a row that stays `sent` is in doubt, and its undo asks the
  // core. Writes keep their order, so it comes before anything later for this card.
  const { kind } = outcome
  const recorded: DebitOutcome = kind === 'refused' ? { kind, code: outcome.code } : { kind }
  record(deps, redemption, recorded).catch((error: unknown) => {
    deps.log.warn(
      { redemptionId: id, error: describeError(error) },
      'the outcome of a debit could not be written',
    )
  })
  throw outcome.kind === 'unknown' ? new Refusal('NOT_REDEEMED') : outcome.refusal
}

/** @returns the row if the till may hear OK: the success is on disk, and no undo was requested meanwhile */
async function confirm(
  deps: RedemptionDeps,
  exchange: Exchange,
  sent: Redemption,
  outcome: Extract<DebitOutcome, { kind: 'confirmed' }>,
): Promise<Redemption | undefined> {
  try {
    const { redemption } = await inTime(deps.timers, exchange, record(deps, sent, outcome))
    return redemption && stands(redemption) ? redemption : undefined
  } catch (error) {
    if (error instanceof StorageUnavailable) return undefined
    throw error
  }
}

function record({ journal }: RedemptionDeps, sent: Redemption, outcome: DebitOutcome) {
  return journal.record(sent, { kind: 'debit_outcome', outcome, callId: sent.call?.id })
}
