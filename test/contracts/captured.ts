import { understand } from '../simulators/till/dialects.ts'
import { pick, replyHeaders } from './exchange.ts'
import type { Recording, Reply } from './recording.ts'

/** @returns why a recording cannot be sent again; undefined if it can */
export function whyNotSendable({ request }: Recording): string | undefined {
  if (request.method === '') return 'it was no HTTP'
  // As earlier versions wrote it.
  return request.body.startsWith('(unreadable') ? 'its body was no message, so it was not kept' : undefined
}

/**
 * A captured exchange has values of its own run, and `(removed)` in place of private ones. Its reply may be in any
 * dialect.
 * @returns the recording with placeholders for the former, without the latter, and with its reply in our format, so
 * that it can be sent and compared
 */
export function toComparable(captured: Recording): Recording {
  const { request, reply } = captured
  const headers = pick(reply.headers, replyHeaders)
  const body = inOurWords(reply.body)
  return {
    ...captured,
    request: { ...request, headers: sendableHeaders(request.headers) },
    reply: {
      ...reply,
      headers: 'x-request-id' in headers ? { ...headers, 'x-request-id': '{{uuid}}' } : headers,
      body: isRecord(body) ? { ...body, ...placeholdersOf(body) } : body,
    },
  }
}

/** @returns the reply to a captured message, as it is compared */
export function asCompared(reply: Reply): Reply {
  return { ...reply, body: inOurWords(reply.body) }
}

/** @returns what the body of a reply says, whatever its dialect; as it is if it is in none */
function inOurWords(body: unknown): unknown {
  return understand(typeof body === 'string' ? body : JSON.stringify(body)) ?? body
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

/** The text is kept unpacked, so the headers about its encoding are wrong now. */
const ofTransport = ['connection', 'content-encoding', 'content-length', 'expect', 'transfer-encoding']

function sendableHeaders(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name, value]) => !ofTransport.includes(name) && value !== '(removed)'),
  )
}

const ownValues: Record<string, string> = {
  requestId: '{{uuid}}',
  redemptionId: '{{uuid:redemption}}',
  asOf: '{{time}}',
  member: '{{any}}',
}

function placeholdersOf(body: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(Object.entries(ownValues).filter(([name]) => name in body))
}
