import type { DebitIntent } from '../redemptions/redemption.ts'
import type { Balances } from '../trifft/balances.ts'
import { type Journal } from '../journal/journal.ts'
import type { Exchange } from '../exchange.ts'
import { describeError, type Logger } from '../observability/logger.ts'
import { coverIds, coverMoved, createCoverId, uncoverMoved } from './cover-ids.ts'
import { isKnownByFormerKey } from './former-ids.ts'
import { debitKey } from '../model/keys.ts'
import { isPossibleRewardId } from '../model/possible-ids.ts'
import { take, type CoreCalls } from './redemption.ts'
import { StorageUnavailable, Refusal } from '../model/refusal.ts'
import { decideDebit, isSameContent } from '../redemptions/repeats.ts'
import { isDoneWithin, type TakeTurn } from './turns.ts'
import { maskCard, type Caller, type DebitRequest, type Moved, type What } from '../model/words.ts'

export type RedemptionParts = {
  core: CoreCalls
  balances: Pick<Balances, 'drop'>
  journal: Journal
  takeTurn: TakeTurn
  hashCard: (cardNumber: string) => string
  log: Logger
}

export type DebitDone = { redemptionId: string; what: What; moved: Moved; isReplayed: boolean }

/** A debit with less time left would only make doubt. */
const leastToSendMs = 500

/**
 * Takes a reward or points, once, however often the till asks: what is known decides, the intent is on disk before the
 * call leaves, and the outcome is before the till hears it.
 *
 * @throws Refusal by its code; NOT_REDEEMED where the outcome is unknown: it is in doubt and will be undone
 */
export function createDebit(parts: RedemptionParts) {
  const running = new Map<string, { intent: DebitIntent; done: Promise<DebitDone> }>()
  const coverId = createCoverId(parts.hashCard)

  async function cover(request: DebitRequest, caller: Caller, exchange: Exchange): Promise<DebitRequest> {
    const covered = coverIds(request, coverId)
    const formerKey = debitKey(caller, request)
    if (formerKey === debitKey(caller, covered)) return covered
    const isKnown = await isKnownByFormerKey(parts.journal, [formerKey], exchange)
    return isKnown ? request : covered
  }

  return async function debit(request: DebitRequest, caller: Caller, exchange: Exchange): Promise<DebitDone> {
    const { what } = request
    if (what.kind === 'coupon' && !isPossibleRewardId(what.rewardId)) throw new Refusal('REWARD_UNKNOWN')
    const intent = readIntent(parts, await cover(request, caller, exchange), caller)
    const twin = running.get(intent.key)
    if (twin) return await answerOfTwin(twin, intent, exchange)

    const done = debitInTurn(parts, intent, caller, exchange)
    running.set(intent.key, { intent, done })
    try {
      return await done
    } finally {
      running.delete(intent.key)
    }
  }
}

function readIntent({ hashCard }: RedemptionParts, request: DebitRequest, caller: Caller): DebitIntent {
  const { cardNumber, accountNumber, what, transactionId } = request
  return {
    key: debitKey(caller, request),
    isNamed: transactionId !== undefined,
    venue: caller.venue.coreId,
    venueId: caller.venue.id,
    account: accountNumber,
    what,
    cardHash: hashCard(cardNumber),
    cardMasked: maskCard(cardNumber),
    secret: { cardNumber, apiKey: caller.credentials.apiKey },
  }
}

/** The second of two that came at once waits for the first and hears the same. */
async function answerOfTwin(
  first: { intent: DebitIntent; done: Promise<DebitDone> },
  intent: DebitIntent,
  exchange: Exchange,
): Promise<DebitDone> {
  if (!isSameContent(first.intent, intent)) throw new Refusal('DUPLICATE_REFERENCE')
  if (!(await isDoneWithin(first.done, exchange.leftMs() - 50))) throw new Refusal('TRY_AGAIN_SHORTLY')
  exchange.facts.isReplayed = true
  return { ...(await first.done), isReplayed: true }
}

async function debitInTurn(
  parts: RedemptionParts,
  intent: DebitIntent,
  caller: Caller,
  exchange: Exchange,
): Promise<DebitDone> {
  const { tenant } = caller.credentials
  const endTurn = await parts.takeTurn(
    { tenant, cardHash: intent.cardHash },
    exchange.leftMs() - leastToSendMs,
  )
  try {
    const begun = await parts.journal.beginDebit(intent, (known) => {
      const decision = decideDebit(known, intent)
      // What is known can be said without the card's turn; nothing can be sent.
      return decision.do === 'send' && !endTurn ? { do: 'refuse', code: 'CORE_UNAVAILABLE' } : decision
    })
    if (begun.do === 'refuse') throw new Refusal(begun.code)
    if (begun.do === 'send') return await send(parts, begun.id, intent, caller, exchange)
    const { id, refusedWith, moved = {} } = begun.redemption
    exchange.facts.redemptionId = id
    exchange.facts.isReplayed = true
    if (refusedWith) throw new Refusal(refusedWith)
    return { redemptionId: id, what: intent.what, moved: uncoverMoved(moved, intent.what), isReplayed: true }
  } finally {
    endTurn?.()
  }
}

async function send(
  { core, balances, journal, hashCard, log }: RedemptionParts,
  id: string,
  { what, secret }: DebitIntent,
  caller: Caller,
  exchange: Exchange,
): Promise<DebitDone> {
  exchange.facts.redemptionId = id
  const order = { caller, cardNumber: secret.cardNumber, what, reference: id, idempotencyKey: `${id}:take` }
  const outcome = await take(core, balances, order, exchange)
  if (outcome.kind === 'done') {
    const moved = coverMoved(outcome.moved, secret.cardNumber, createCoverId(hashCard))
    if (!(await confirm(journal, id, moved, secret)))
      throw new Refusal('NOT_REDEEMED', { message: 'done, but not written down, or asked back meanwhile' })
    return { redemptionId: id, what, moved: outcome.moved, isReplayed: false }
  }

  // The till need not wait for this, nor fail with it: a row that is left `sent` is in doubt, and its undo finds the
  // truth. It is written before anything that comes later for this card, since writes keep their order.
  const written =
    outcome.kind === 'refused' ? { kind: outcome.kind, code: outcome.code } : { kind: outcome.kind }
  journal.settleDebit(id, written).catch((error: unknown) => {
    log.warn({ redemptionId: id, error: describeError(error) }, 'the outcome of a debit could not be written')
  })
  throw outcome.kind === 'unknown' ? new Refusal('NOT_REDEEMED') : outcome.refusal
}

/** @returns whether it may be told: it is on disk, and nobody has given it back or asked for it back meanwhile */
async function confirm(
  journal: Journal,
  id: string,
  moved: Moved,
  secret: DebitIntent['secret'],
): Promise<boolean> {
  try {
    return (await journal.settleDebit(id, { kind: 'confirmed', moved, secret })).stands
  } catch (error) {
    if (error instanceof StorageUnavailable) return false
    throw error
  }
}
