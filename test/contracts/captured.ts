import nock from 'nock'
import { startTestService } from '../support/test-service.ts'
import { exchange, pick, replyHeaders, withCredentials, type Credentials } from './exchange.ts'
import { mockAbsentCore } from './mocked-core.ts'
import { compare } from './placeholders.ts'
import { dummyApiKey, dummyVenueId, type Recording } from './recording.ts'

/** Refusals that a message earns by itself, whoever the core is. */
const readingCodes = new Set([
  'CARD_INVALID',
  'CREDENTIALS_MISSING',
  'MEDIA_TYPE_UNSUPPORTED',
  'MESSAGE_INVALID',
  'MESSAGE_TOO_LARGE',
  'MESSAGE_UNREADABLE',
  'METHOD_NOT_ALLOWED',
  'NOT_SUPPORTED',
  'OPERATION_UNKNOWN',
])

/** @returns why this recording cannot be sent again; undefined where it can */
export function whyNotSendable({ request }: Recording): string | undefined {
  return request.body.startsWith('(unreadable') ? 'its body was no message, so it was not kept' : undefined
}

/** @returns the recording with what was removed or differs by run replaced, so that it can be sent and compared */
export function toComparable(recording: Recording): Recording {
  const { request, reply } = recording
  const headers = pick(reply.headers, replyHeaders)
  if (headers['x-request-id']) headers['x-request-id'] = '{{uuid:request}}'
  return {
    ...recording,
    request: { ...request, headers: sendableHeaders(request.headers) },
    reply: { ...reply, headers, body: isRecord(reply.body) ? toComparableBody(reply.body) : reply.body },
  }
}

/**
 * Plays a captured exchange through a fresh service. What the core said is not known, so a reply that hangs on it is
 * only compared in whether the message was understood; one that does not, a ticket's among them, is compared in full.
 * @returns one line per difference
 */
export async function playCaptured(captured: Recording): Promise<string[]> {
  const { request, reply } = toComparable(captured)
  mockAbsentCore()
  const service = await startTestService(captured.settings)
  try {
    const credentials: Credentials = { venueId: dummyVenueId, apiKey: dummyApiKey }
    const got = await exchange(service.url, withCredentials(request, credentials))
    const isCoreNeeded = !isRecord(reply.body) || !(isTicket(reply.body) || !isUnderstood(reply.body))
    return isCoreNeeded
      ? compare(true, isUnderstood(got.body), 'the message is understood', new Map())
      : compare(reply, got, 'reply', new Map())
  } finally {
    await service.end()
    nock.cleanAll()
  }
}

function isTicket(body: Record<string, unknown>): boolean {
  return 'ticketId' in body
}

function isUnderstood(body: unknown): boolean {
  return isRecord(body) && !readingCodes.has(String(body.code))
}

/** What was removed is left out, and so is what only described how this text travelled. */
function sendableHeaders(headers: Record<string, string>): Record<string, string> {
  const ofTransport = ['connection', 'content-encoding', 'transfer-encoding']
  return Object.fromEntries(
    Object.entries(headers).filter(([name, value]) => !ofTransport.includes(name) && value !== '(removed)'),
  )
}

function toComparableBody(body: Record<string, unknown>): Record<string, unknown> {
  const differing: Record<string, unknown> = {
    requestId: '{{uuid:request}}',
    redemptionId: '{{uuid}}',
    asOf: '{{time}}',
    member: '{{any}}',
    duplicate: '{{any}}',
    stale: '{{any}}',
  }
  return Object.fromEntries(Object.entries(body).map(([name, value]) => [name, differing[name] ?? value]))
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
