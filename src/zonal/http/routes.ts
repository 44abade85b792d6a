import Router from '@koa/router'
import type { Middleware, ParameterizedContext } from 'koa'
import { Refusal } from '../../model/refusal.ts'
import type { Timers } from '../../time/clock.ts'
import type { Dialect } from '../dialect.ts'
import { refuseKeyInFields } from '../messages/key-in-message.ts'
import { maxBytes, operationUnknown, type RawMessage } from '../messages/raw-message.ts'
import { createBodyReader, type ReadBody } from './body.ts'
import { refuseBrokenHttp } from './broken-http.ts'
import { createCallerApproval, type ApproveCaller } from './caller.ts'
import { createOperations, type OperationDeps } from './operations.ts'
import { createPace } from './pace.ts'
import { send } from './reply.ts'
import type { TillState } from './state.ts'
import { createUnreadTicketKeeper } from './unread-tickets.ts'

export type RouteDeps = Omit<OperationDeps, 'pace'> & {
  settings: { basePath: string }
  dialects: readonly Dialect[]
  timers: Timers
  /** What `GET {base}` says. */
  service: { service: string; version: string }
}

type Context = ParameterizedContext<TillState>

/** `POST {base}` and below it, wherever a dialect looks for its messages; `GET {base}` shows that the address is right. */
export function createRoutes(deps: RouteDeps): Router<TillState> {
  const { basePath } = deps.settings
  const path = `${basePath}{/*path}`
  const pace = createPace()
  const approveCaller = createCallerApproval(deps.loyalty)
  const readBody = createBodyReader({ pace, timers: deps.timers })
  const router = new Router<TillState>()
  router.get(basePath, (ctx) => {
    refuseBrokenHttp(ctx.req)
    const { dialect, exchange } = ctx.state
    const ids = { requestId: exchange.requestId, reference: undefined }
    send(ctx, dialect.writeAnswer({ to: 'address check', ...deps.service }, ids))
  })
  router.all(
    path,
    refuseUnknownAddress,
    refuseOtherMethods,
    createUnreadTicketKeeper({ ...deps, approveCaller, pace }),
    createAnswering({ ...deps, approveCaller, readBody, pace }),
  )
  return router
}

/** An address of several segments exists only if a dialect claims it. */
const refuseUnknownAddress: Middleware<TillState> = function refuseUnknownAddress(ctx, next) {
  const { isClaimed, head } = ctx.state
  if (!isClaimed && head.path?.includes('/')) throw operationUnknown()
  return next()
}

const refuseOtherMethods: Middleware<TillState> = function refuseOtherMethods(ctx, next) {
  if (ctx.method === 'POST') return next()
  ctx.set('Allow', ctx.state.head.path === '' ? 'GET, POST' : 'POST')
  throw new Refusal('METHOD_NOT_ALLOWED')
}

/** One request: read it, approve who sent it, and do what it asks for. */
function createAnswering(deps: OperationDeps & { approveCaller: ApproveCaller; readBody: ReadBody }) {
  const { loyalty, approveCaller, readBody } = deps
  const operations = createOperations(deps)

  return async function answer(ctx: Context) {
    const { dialect, exchange } = ctx.state
    refuseBrokenHttp(ctx.req)
    const text = await readBody(ctx)
    const message = readMessage(ctx.state, text)
    const caller = await approveCaller(ctx, message.fields)
    try {
      if (message.problem) throw message.problem
      refuseKeyInFields(message.fields, caller.credentials.apiKey)
      const incoming = { message, textLength: text.length, caller, exchange }
      const { answer, onceSent } = await operations[message.operation](incoming)
      const { requestId } = exchange
      const reply = dialect.writeAnswer(answer, { requestId, reference: message.reference })
      // Only now that the reply is written: if that had failed, the till would be sent an error, and a debit stay in doubt.
      if (onceSent) ctx.res.once('finish', onceSent)
      send(ctx, reply)
    } catch (error) {
      if (error instanceof Refusal && error.code === 'CREDENTIALS_WRONG')
        loyalty.forgetApproval(caller.credentials)
      throw error
    }
  }
}

/** @throws Refusal for a message that cannot be read, names no operation, or is too long */
function readMessage(state: TillState, text: string): RawMessage {
  const { dialect, exchange, head, operationInAddress } = state
  const isInside = operationInAddress === 'inside'
  exchange.message = isInside ? undefined : operationInAddress
  const message = dialect.read({ path: head.path ?? '', mediaType: head.mediaType, text })
  state.reference = message.reference
  if (message.operation === undefined) throw message.problem
  exchange.message = message.operation
  if (isInside && Buffer.byteLength(text) > maxBytes[message.operation])
    throw new Refusal('MESSAGE_TOO_LARGE', {
      message: `the body is longer than a ${message.operation} may be`,
    })
  return message
}
