import type { ParameterizedContext } from 'koa'
import type { Reply } from '../dialect.ts'
import type { TillState } from './state.ts'

type Context = Pick<ParameterizedContext<TillState>, 'state' | 'set' | 'status' | 'body'>

/** Sends an answer or a refusal, with the header that says whether it is that of an earlier request. */
export function send(ctx: Context, { status, headers, body }: Reply) {
  ctx.status = status
  ctx.set(headers)
  if (ctx.state.exchange.isReplayed) ctx.set('X-Idempotent-Replayed', 'true')
  ctx.body = body
}
