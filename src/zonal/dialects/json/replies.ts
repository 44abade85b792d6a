import type { Refusal } from '../../../model/refusal.ts'
import type { Balance, Moved, Reward, What } from '../../../model/words.ts'
import { lookUp, type Language } from '../../catalogue.ts'
import { known } from '../../messages/known.ts'
import type { Operation } from './read-request.ts'

/** @returns the body of a balance's OK */
export function replyBalance(input: { requestId: string; cardNumber: string; balance: Balance }): object {
  const { member, rewards, asOfMs, isStale } = input.balance
  const { name, program, points } = member
  return known({
    response: 'OK',
    requestId: input.requestId,
    cardNumber: input.cardNumber,
    member: name === undefined ? undefined : { name },
    program,
    points,
    balances: points === undefined ? undefined : [{ valueType: 'Points', amount: points }],
    rewards: rewards.map(toZonalReward),
    asOf: new Date(asOfMs).toISOString(),
    stale: isStale,
  })
}

type Redemption = {
  requestId: string
  transactionId?: string | undefined
  redemptionId: string
  what: What
  moved: Moved
}

/** @returns the body of a debit's OK: the reward, or the points taken and what is left */
export function replyDebit(redemption: Redemption): object {
  return replyRedemption(redemption, (points) => ({ pointsTaken: points }))
}

/** @returns the body of a credit's OK: the reward, or the points given back and what there is now */
export function replyCredit(redemption: Redemption): object {
  return replyRedemption(redemption, (points) => ({ pointsReturned: points }))
}

/** @returns the body of a ticket's OK */
export function replyTicket(input: { requestId: string; ticketId: string; isDuplicate: boolean }): object {
  const { requestId, ticketId, isDuplicate } = input
  return { response: 'OK', requestId, ticketId, accepted: true, duplicate: isDuplicate }
}

export type ReplySettings = {
  language: Language
  /** Sent instead of 503 to the messages that an operator waits for. */
  failureHttpStatus: number
  /** Sent for a ticket that was kept as a dead letter; 400 leaves 413 and 415 as they are. */
  invalidTicketHttpStatus: number
}

/**
 * @param input `operation` is undefined where it was not known yet; `isKept`: the ticket is a dead letter now
 * @returns an answer in the till's own shape
 */
export function replyRefusal(input: {
  requestId: string
  refusal: Refusal
  operation: Operation | undefined
  isKept: boolean
  settings: ReplySettings
}): { status: number; headers: Record<string, string>; body: object } {
  const { requestId, refusal, operation, isKept, settings } = input
  const { text, action, retry, ...usual } = lookUp(refusal.code, settings.language)
  const status = statusOf(usual.status, operation, isKept, settings)
  return {
    status,
    headers: headersOf(status, refusal),
    body: { response: 'Error', code: refusal.code, detail: refusal.detail ?? text, action, retry, requestId },
  }
}

function replyRedemption(redemption: Redemption, nameMoved: (points: number) => object): object {
  const { requestId, transactionId, redemptionId, what, moved } = redemption
  const common = known({ response: 'OK', requestId, transactionId, redemptionId })
  return what.kind === 'coupon'
    ? { ...common, reward: toZonalReward(moved.reward ?? { id: what.rewardId }) }
    : known({ ...common, ...nameMoved(what.points), points: moved.pointsLeft })
}

function toZonalReward({ id, name, type, entityCode, discountId, cost, expires }: Reward): object {
  const valueType = cost === undefined ? undefined : 'Points'
  return known({ id, name, type, entityCode, discountId, cost, valueType, expires })
}

function statusOf(
  usual: number,
  operation: Operation | undefined,
  isKept: boolean,
  { failureHttpStatus, invalidTicketHttpStatus }: ReplySettings,
): number {
  if (isKept && usual < 500 && invalidTicketHttpStatus !== 400) return invalidTicketHttpStatus
  const isWaitedFor = operation !== undefined && operation !== 'ticket'
  return usual === 503 && isWaitedFor ? failureHttpStatus : usual
}

/** Where nobody says how long, the time in which a breaker, a lane or a restart may have moved on. */
const retryAfterSeconds = 2

function headersOf(status: number, refusal: Refusal): Record<string, string> {
  if (status === 401) return { 'WWW-Authenticate': 'Basic realm="zonal", charset="UTF-8"' }
  if (status === 429 || status === 503)
    return { 'Retry-After': String(refusal.retryAfterSeconds ?? retryAfterSeconds) }
  return {}
}
