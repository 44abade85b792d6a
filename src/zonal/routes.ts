import Router from '@koa/router'
import type { ParameterizedContext } from 'koa'
import type { Loyalty } from '../loyalty/loyalty.ts'
import { Refusal } from '../loyalty/refusal.ts'
import { maskCard, type Caller, type PosFields, type Ticket } from '../loyalty/words.ts'
import type { Exchange } from '../observability/exchange.ts'
import type { Metrics } from '../observability/metrics.ts'
import type { TrackedState } from '../observability/tracking.ts'
import { createBodyReader } from './body.ts'
import { readCredentials } from './credentials.ts'
import { parseBalance, parseCredit, parseDebit } from './messages.ts'
import { readOperation, readRequest, type RawRequest } from './read-request.ts'
import { replyBalance, replyCredit, replyDebit, replyTicket } from './replies.ts'
import { RequestInvalid } from './request-invalid.ts'
import { withoutCredentials } from './rewrite.ts'
import { parseTicket, type TicketSettings } from './ticket-message.ts'
import { findImplausible } from './time.ts'

export type RouteParts = {
  loyalty: Loyalty
  settings: TicketSettings & { basePath: string }
  metrics: Pick<Metrics, 'unreadFields' | 'ticketTimesImplausible'>
  /** What `GET {base}` says. */
  service: { service: string; version: string }
}

type Context = ParameterizedContext<TrackedState>

/** `POST {base}/{operation}`, or `POST {base}` with the operation inside; `GET {base}` shows that the address is right. */
export function createRoutes(parts: RouteParts): Router<TrackedState> {
  const { basePath } = parts.settings
  const path = `${basePath}{/:operation}`
  const router = new Router<TrackedState>()
  router.post(path, createBodyReader(basePath), (ctx) => answer(ctx, parts))
  router.get(basePath, (ctx) => {
    ctx.body = parts.service
  })
  router.all(path, (ctx) => {
    ctx.set('Allow', ctx.path === basePath ? 'GET, POST' : 'POST')
    throw new Refusal('METHOD_NOT_ALLOWED')
  })
  return router
}

/** One request: what do they want, who are they, are they known here, and then the message itself. */
async function answer(ctx: Context, parts: RouteParts) {
  const { exchange } = ctx.state
  const operationInPath: string | undefined = ctx.params.operation
  exchange.facts.message = operationInPath && readOperation(operationInPath)
  const request = readRequest({
    operationInPath,
    contentType: ctx.get('content-type'),
    text: String(ctx.request.body),
  })
  exchange.facts.message = request.operation

  const credentials = readCredentials(ctx.get('authorization') || undefined, request.fields)
  exchange.facts.venue = credentials.venueId
  exchange.facts.tenant = credentials.tenant
  const venue = await parts.loyalty.approve(credentials, exchange)
  try {
    ctx.body = await answerMessage(ctx, request, { credentials, venue }, parts)
  } catch (error) {
    if (error instanceof Refusal && error.code === 'CREDENTIALS_WRONG')
      parts.loyalty.forgetApproval(credentials)
    throw error
  } finally {
    if (exchange.facts.isReplayed) ctx.set('X-Idempotent-Replayed', 'true')
  }
}

async function answerMessage(
  ctx: Context,
  { operation, fields, clash }: RawRequest,
  caller: Caller,
  parts: RouteParts,
): Promise<object> {
  if (clash && operation !== 'ticket') throw clash
  const { loyalty, settings } = parts
  const { exchange } = ctx.state
  const { requestId } = exchange
  switch (operation) {
    case 'balance': {
      const request = noted(exchange, parseBalance(fields, settings))
      const balance = await loyalty.balance(request, caller, exchange)
      return replyBalance({ requestId, cardNumber: request.cardNumber, balance })
    }
    case 'debit': {
      const request = noted(exchange, parseDebit(fields, settings))
      const debit = await loyalty.debit(request, caller, exchange)
      ctx.res.once('finish', () => void loyalty.markAnswered(debit.redemptionId))
      return replyDebit({ requestId, transactionId: request.transactionId, ...debit })
    }
    case 'credit': {
      const request = noted(exchange, parseCredit(fields, settings))
      const credit = await loyalty.credit(request, caller, exchange)
      return replyCredit({ requestId, transactionId: request.transactionId, ...credit })
    }
    case 'ticket': {
      const ticket = noted(exchange, await readTicket(ctx, fields, clash, caller, parts))
      const taken = await loyalty.ticket(ticket, caller, exchange)
      return replyTicket({ requestId, ...taken })
    }
  }
}

/** A ticket that cannot be understood is refused and kept, so that nothing is lost to a strict reader. */
async function readTicket(
  ctx: Context,
  fields: RawRequest['fields'],
  clash: RawRequest['clash'],
  caller: Caller,
  { loyalty, settings, metrics }: RouteParts,
): Promise<Ticket> {
  const { facts, arrivedAtMs } = ctx.state.exchange
  try {
    if (clash) throw clash
    const { ticket, unreadFields } = parseTicket(fields, caller.venue, settings)
    facts.ticketId = ticket.ticketId
    if (unreadFields.length > 0) facts.unreadFields = unreadFields
    for (const field of unreadFields) metrics.unreadFields.inc({ message: 'ticket', field })
    // It is taken all the same: a wrong clock is no reason to lose a bill.
    const direction = findImplausible(ticket.closedAtMs, arrivedAtMs)
    if (direction) metrics.ticketTimesImplausible.inc({ direction })
    facts.implausibleTime = direction
    return ticket
  } catch (error) {
    if (!(error instanceof RequestInvalid)) throw error
    const contentType = ctx.get('content-type')
    await loyalty.keepUnreadTicket({
      venue: caller.venue,
      tenant: caller.credentials.tenant,
      reason: error.message,
      contentType,
      text: withoutCredentials(contentType, String(ctx.request.body)),
    })
    facts.isKept = true
    throw error
  }
}

/** Puts into the log line what tells one request from another, and passes the message on. */
function noted<T extends PosFields & { cardNumber?: string }>({ facts }: Exchange, message: T): T {
  facts.card = message.cardNumber && maskCard(message.cardNumber)
  facts.account = message.accountNumber
  facts.transactionId = message.transactionId
  return message
}
