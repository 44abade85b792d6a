import type { Refusal } from '../../../model/refusal.ts'
import type { Balance, Reward } from '../../../model/words.ts'
import { explain } from '../../catalogue.ts'
import type { Answer, AnswerIds, Redeemed, Refused, Reply } from '../../dialect.ts'
import type { Spell } from '../../messages/request-invalid.ts'

const contentType = { 'Content-Type': 'application/json; charset=utf-8' }

export function writeAnswer(answer: Answer, { requestId }: AnswerIds): Reply {
  return { status: 200, headers: contentType, body: JSON.stringify(toBody(answer, requestId)) }
}

/** JSON leaves out what is undefined. */
function toBody(answer: Answer, requestId: string): object {
  switch (answer.to) {
    case 'balance':
      return toBalance(answer.cardNumber, answer.balance, requestId)
    case 'debit':
      return toRedemption(answer, requestId, (points) => ({ pointsTaken: points }))
    case 'credit':
      return toRedemption(answer, requestId, (points) => ({ pointsReturned: points }))
    case 'ticket': {
      const { ticketId, isDuplicate } = answer
      return { response: 'OK', requestId, ticketId, accepted: true, duplicate: isDuplicate }
    }
    case 'address check': {
      const { service, version } = answer
      return { service, version }
    }
  }
}

function toBalance(cardNumber: string, balance: Balance, requestId: string): object {
  const { member, rewards, asOfMs, isStale } = balance
  const { name, program, points } = member
  return {
    response: 'OK',
    requestId,
    cardNumber,
    member: name === undefined ? undefined : { name },
    program,
    points,
    balances: points === undefined ? undefined : [{ valueType: 'Points', amount: points }],
    rewards: rewards.map(toZonalReward),
    asOf: new Date(asOfMs).toISOString(),
    stale: isStale,
  }
}

/** The reward, or the points that were moved and how many there are now. */
function toRedemption(redeemed: Redeemed, requestId: string, namePoints: (points: number) => object): object {
  const { transactionId, redemptionId, what, moved } = redeemed
  const common = { response: 'OK', requestId, transactionId, redemptionId }
  return what.kind === 'coupon'
    ? { ...common, reward: toZonalReward(moved.reward ?? { id: what.rewardId }) }
    : { ...common, ...namePoints(what.points), points: moved.pointsLeft }
}

function toZonalReward({ id, name, type, entityCode, discountId, cost, expires }: Reward): object {
  const valueType = cost === undefined ? undefined : 'Points'
  return { id, name, type, entityCode, discountId, cost, valueType, expires }
}

/** Whichever alias a till has used, it is told the name in the contract. */
export const spell: Spell = (field) => field

export function writeRefusal(refused: Refused, { requestId }: AnswerIds): Reply {
  const { refusal, settings } = refused
  const { text, action, retry, ...usual } = explain(refusal, settings.language, spell)
  const status = statusOf(usual.status, refused)
  const body = { response: 'Error', code: refusal.code, detail: text, action, retry, requestId }
  return { status, headers: { ...contentType, ...headersOf(status, refusal) }, body: JSON.stringify(body) }
}

function statusOf(usual: number, { operation, isKept, settings }: Refused): number {
  if (isKept && usual < 500 && settings.invalidTicketHttpStatus !== 400)
    return settings.invalidTicketHttpStatus
  const isWaitedFor = operation !== undefined && operation !== 'ticket'
  return usual === 503 && isWaitedFor ? settings.failureHttpStatus : usual
}

/** If the refusal gives no time: by then a breaker or a restart may be over. */
const retryAfterSeconds = 2

function headersOf(status: number, refusal: Refusal): Record<string, string> {
  if (status === 401) return { 'WWW-Authenticate': 'Basic realm="zonal", charset="UTF-8"' }
  if (status === 429 || status === 503)
    return { 'Retry-After': String(refusal.retryAfterSeconds ?? retryAfterSeconds) }
  return {}
}
