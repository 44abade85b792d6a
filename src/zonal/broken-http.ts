import type { Middleware } from 'koa'
import { Refusal } from '../loyalty/refusal.ts'

/**
 * HTTP/1.1 without `Host`, or with an `Expect` that nobody knows, is refused like an unreadable message.
 * @throws Refusal `MESSAGE_UNREADABLE`
 */
export const refuseBrokenHttp: Middleware = async function refuseBrokenHttp(ctx, next) {
  const { httpVersion, headers } = ctx.req
  const { host, expect = '100-continue' } = headers
  if (httpVersion === '1.1' && host === undefined) throw unreadable('HTTP/1.1 without Host')
  if (httpVersion === '1.1' && expect.toLowerCase() !== '100-continue') throw unreadable('an unknown Expect')
  await next()
}

/** @param message for the log and a dead letter: the till hears the usual text */
function unreadable(message: string): Refusal {
  return new Refusal('MESSAGE_UNREADABLE', { message })
}
