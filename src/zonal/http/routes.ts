import Router from '@koa/router'
import type { ParameterizedContext } from 'koa'
import { coverIds } from '../../loyalty/cover-ids.ts'
import type { Loyalty } from '../../loyalty/loyalty.ts'
import { Refusal } from '../../model/refusal.ts'
import { maskCard, type Caller, type PosFields, type Ticket } from '../../model/words.ts'
import type { Exchange } from '../../exchange.ts'
import type { Timers } from '../../time/clock.ts'
import type { Metrics } from '../../observability/metrics.ts'
import { createBodyReader } from './body.ts'
import { refuseBrokenHttp } from './broken-http.ts'
import { approveCaller, type CallerState } from './caller.ts'
import { refuseKeyInFields } from '../messages/key-in-message.ts'
import { parseBalance, parseCredit, parseDebit } from '../messages/messages.ts'
import { maxBytes, readOperation, readRequest, type RawRequest } from '../dialects/json/read-request.ts'
import { createPace, type Pace } from './pace.ts'
import { replyBalance, replyCredit, replyDebit, replyTicket } from '../dialects/json/replies.ts'
import { parseTicket, type TicketSettings } from '../messages/ticket-message.ts'
import { findImplausible } from '../messages/time.ts'
import { createUnreadTicketKeeper } from './unread-tickets.ts'

export type RouteParts = {
  loyalty: Loyalty
  settings: TicketSettings & { basePath: string }
  timers: Timers
  metrics: Pick<Metrics, 'unreadFields' | 'ticketTimesImplausible'>
  /** What `GET {base}` says. */
  service: { service: string; version: string }
}

type AnswerParts = RouteParts & { pace: Pace }
type Context = ParameterizedContext<CallerState>

/** `POST {base}/{operation}`, or `POST {base}` with the operation inside; `GET {base}` shows that the address is right. */
export function createRoutes(parts: RouteParts): Router<CallerState> {
  const { basePath } = parts.settings
  const path = `${basePath}{/:operation}`
  const pace = createPace()
  const router = new Router<CallerState>()
  router.post(
    path,
    createUnreadTicketKeeper(parts.loyalty, basePath, pace),
    refuseBrokenHttp,
    createBodyReader(basePath, pace, parts.timers),
    (ctx) => answer(ctx, { ...parts, pace }),
  )
  router.get(basePath, refuseBrokenHttp, (ctx) => {
    ctx.body = parts.service
  })
  router.all(path, (ctx) => {
    ctx.set('Allow', ctx.params.operation === undefined ? 'GET, POST' : 'POST')
    throw new Refusal('METHOD_NOT_ALLOWED')
  })
  return router
}

/** One request: what do they want, who are they, are they known here, and then the message itself. */
async function answer(ctx: Context, parts: AnswerParts) {
  const { exchange } = ctx.state
  const operationInPath: string | undefined = ctx.params.operation
  exchange.message = operationInPath === undefined ? undefined : readOperation(operationInPath)
  const text = String(ctx.request.body)
  const request = readRequest({ operationInPath, contentType: ctx.get('content-type'), text })
  exchange.message = request.operation
  if (operationInPath === undefined && Buffer.byteLength(text) > maxBytes[request.operation])
    throw new Refusal('MESSAGE_TOO_LARGE', {
      message: `the body is above the limit of a ${request.operation}`,
    })

  const caller = await approveCaller(ctx, request.fields, parts.loyalty)
  try {
    ctx.body = await answerMessage(ctx, request, caller, parts)
  } catch (error) {
    if (error instanceof Refusal && error.code === 'CREDENTIALS_WRONG')
      parts.loyalty.forgetApproval(caller.credentials)
    throw error
  } finally {
    if (exchange.isReplayed) ctx.set('X-Idempotent-Replayed', 'true')
  }
}

async function answerMessage(
  ctx: Context,
  { operation, fields, clash }: RawRequest,
  caller: Caller,
  parts: AnswerParts,
): Promise<object> {
  if (clash) throw clash
  refuseKeyInFields(fields, caller.credentials.apiKey)
  const { loyalty, settings } = parts
  const { exchange } = ctx.state
  const { requestId } = exchange
  switch (operation) {
    case 'balance': {
      const request = noted(parseBalance(fields, settings), exchange, loyalty)
      const balance = await loyalty.balance(request, caller, exchange)
      return replyBalance({ requestId, cardNumber: request.cardNumber, balance })
    }
    case 'debit': {
      const request = noted(parseDebit(fields, settings), exchange, loyalty)
      const debit = await loyalty.debit(request, caller, exchange)
      const reply = replyDebit({ requestId, transactionId: request.transactionId, ...debit })
      // Only once the reply is there: an error that leaves in its place is no OK, and the debit stays in doubt.
      ctx.res.once('finish', () => void loyalty.markAnswered(debit.redemptionId))
      return reply
    }
    case 'credit': {
      const request = noted(parseCredit(fields, settings), exchange, loyalty)
      const credit = await loyalty.credit(request, caller, exchange)
      return replyCredit({ requestId, transactionId: request.transactionId, ...credit })
    }
    case 'ticket': {
      await parts.pace(String(ctx.request.body).length)
      const ticket = noted(readTicket(fields, caller, exchange, parts), exchange, loyalty)
      const taken = await loyalty.ticket(ticket, caller, exchange)
      return replyTicket({ requestId, ...taken })
    }
  }
}

function readTicket(
  fields: RawRequest['fields'],
  { venue }: Caller,
  { facts, arrivedAtMs }: Exchange,
  { settings, metrics }: RouteParts,
): Ticket {
  const { ticket, unreadFields } = parseTicket(fields, venue, settings)
  if (unreadFields.length > 0) facts.unreadFields = unreadFields
  for (const field of unreadFields) metrics.unreadFields.inc({ message: 'ticket', field })
  // It is taken all the same: a wrong clock is no reason to lose a bill.
  const direction = findImplausible(ticket.closedAtMs, arrivedAtMs)
  if (direction) metrics.ticketTimesImplausible.inc({ direction })
  facts.implausibleTime = direction
  return ticket
}

/** Puts into the log line what tells one request from another, and passes the message on. */
function noted<T extends PosFields & { cardNumber?: string; ticketId?: string }>(
  message: T,
  { facts, secrets }: Exchange,
  { coverId }: Pick<Loyalty, 'coverId'>,
): T {
  const { cardNumber } = message
  const { accountNumber: account, transactionId, ticketId } = coverIds(message, coverId)
  secrets.cardNumber = cardNumber
  Object.assign(facts, { card: cardNumber && maskCard(cardNumber), account, transactionId, ticketId })
  return message
}
