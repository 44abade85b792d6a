import type { ParameterizedContext } from 'koa'
import type { Reply } from '../dialect.ts'

type Context = Pick<ParameterizedContext, 'set' | 'status' | 'body'>

export function send(ctx: Context, { status, headers, body }: Reply) {
  ctx.status = status
  ctx.set(headers)
  ctx.body = body
}

/** The answer is that of an earlier request. */
export function markReplayed(ctx: Context) {
  ctx.set('X-Idempotent-Replayed', 'true')
}
