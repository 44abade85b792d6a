import type { IncomingMessage } from 'node:http'
import { Refusal } from '../../model/refusal.ts'

/** A till sends about a dozen, and each proxy adds some. */
const maxHeaders = 100

/**
 * Refuses HTTP/1.1 without `Host`, an unknown `Expect` and too many headers, in the same way as an unreadable message.
 * @throws Refusal `MESSAGE_UNREADABLE`
 */
export function refuseBrokenHttp({ httpVersion, headers, rawHeaders }: IncomingMessage) {
  const { host, expect = '100-continue' } = headers
  if (httpVersion === '1.1' && host === undefined) throw unreadable('HTTP/1.1 without Host')
  if (httpVersion === '1.1' && expect.toLowerCase() !== '100-continue') throw unreadable('an unknown Expect')
  if (rawHeaders.length > 2 * maxHeaders) throw unreadable(`more than ${maxHeaders} headers`)
}

/** @param message for the log and for a dead letter; the till is told the usual text */
function unreadable(message: string): Refusal {
  return new Refusal('MESSAGE_UNREADABLE', { message })
}
