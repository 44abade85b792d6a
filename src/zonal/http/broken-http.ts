import type { Middleware } from 'koa'
import { Refusal } from '../../model/refusal.ts'

/** A till sends a dozen, and each proxy some more. */
const maxHeaders = 100

/**
 * HTTP/1.1 without `Host`, with an `Expect` that nobody knows or with very many headers is refused like an unreadable
 * message.
 * @throws Refusal `MESSAGE_UNREADABLE`
 */
export const refuseBrokenHttp: Middleware = async function refuseBrokenHttp(ctx, next) {
  const { httpVersion, headers, rawHeaders } = ctx.req
  const { host, expect = '100-continue' } = headers
  if (httpVersion === '1.1' && host === undefined) throw unreadable('HTTP/1.1 without Host')
  if (httpVersion === '1.1' && expect.toLowerCase() !== '100-continue') throw unreadable('an unknown Expect')
  if (rawHeaders.length > 2 * maxHeaders) throw unreadable(`more than ${maxHeaders} headers`)
  await next()
}

/** @param message for the log and a dead letter: the till hears the usual text */
function unreadable(message: string): Refusal {
  return new Refusal('MESSAGE_UNREADABLE', { message })
}
