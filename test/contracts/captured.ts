import { pick, replyHeaders } from './exchange.ts'
import type { Recording } from './recording.ts'

/** @returns why a recording cannot be sent again; undefined if it can */
export function whyNotSendable({ request }: Recording): string | undefined {
  if (request.method === '') return 'it was no HTTP'
  // As earlier versions wrote it.
  return request.body.startsWith('(unreadable') ? 'its body was no message, so it was not kept' : undefined
}

/**
 * A captured exchange holds one run's own values, and `(removed)` in place of what was nobody's business.
 * @returns the recording with placeholders for the first and without the second, so that it can be sent and compared
 */
export function toComparable(captured: Recording): Recording {
  const { request, reply } = captured
  const headers = pick(reply.headers, replyHeaders)
  return {
    ...captured,
    request: { ...request, headers: sendableHeaders(request.headers) },
    reply: {
      ...reply,
      headers: 'x-request-id' in headers ? { ...headers, 'x-request-id': '{{uuid}}' } : headers,
      body: isRecord(reply.body) ? { ...reply.body, ...placeholdersOf(reply.body) } : reply.body,
    },
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

/** The text is kept unpacked, so what described how it travelled is wrong now. */
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
