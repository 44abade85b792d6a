import type { Middleware } from 'koa'
import { Refusal } from '../loyalty/refusal.ts'

/**
 * HTTP/1.1 without `Host`, or with an `Expect` that nobody knows, is refused like an unreadable message.
 * @throws Refusal `MESSAGE_UNREADABLE`
 */
export const refuseBrokenHttp: Middleware = async function refuseBrokenHttp(ctx, next) {
  const { httpVersion, headers } = ctx.req
  const { host, expect = '100-continue' } = headers
  if (httpVersion === '1.1' && (host === undefined || expect.toLowerCase() !== '100-continue'))
    throw new Refusal('MESSAGE_UNREADABLE')
  await next()
}
