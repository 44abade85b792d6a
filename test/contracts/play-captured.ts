import nock from 'nock'
import { startTestService } from '../support/test-service.ts'
import { asCompared, isRecord } from './captured.ts'
import { dummy, exchange, withCredentials } from './exchange.ts'
import { mockAbsentCore } from './mocked-core.ts'
import { compare } from './placeholders.ts'
import type { Recording } from './recording.ts'

export type PlayedCapture = { problems: string[]; isReadNow?: boolean }

/** Refusals that a message gets whatever the core answers. */
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

/**
 * Plays a captured exchange, of which the core's part is not recorded, through a fresh service. A ticket's reply and a
 * refusal that does not depend on the core are compared in full; of any other only whether the message was understood.
 * @returns one line per difference; `isReadNow`: it was not understood when it was captured, and this build understands it
 */
export async function playCaptured({ dialect, request, reply, settings }: Recording): Promise<PlayedCapture> {
  mockAbsentCore()
  const service = await startTestService(settings)
  try {
    const got = asCompared(await exchange(service.url, withCredentials(request, dummy, dialect)))
    if (isTicketTaken(reply.body)) return { problems: compare(asFirst(reply), got, 'reply', new Map()) }
    if (isUnderstood(reply.body))
      return isUnderstood(got.body)
        ? { problems: [] }
        : { problems: [`reply: the message was understood, got ${JSON.stringify(got.body)}`] }
    if (isUnderstood(got.body)) return { problems: [], isReadNow: true }
    return { problems: compare(reply, got, 'reply', new Map()) }
  } finally {
    await service.end()
    nock.cleanAll()
  }
}

/** @returns the code of a reply to a message that was not understood */
export function findReadingCode(body: unknown): string | undefined {
  const code = isRecord(body) ? String(body.code) : undefined
  return code !== undefined && readingCodes.has(code) ? code : undefined
}

function isUnderstood(body: unknown): boolean {
  return isRecord(body) && findReadingCode(body) === undefined
}

function isTicketTaken(body: unknown): boolean {
  return isRecord(body) && 'ticketId' in body
}

/** A fresh service has seen no ticket before. */
function asFirst(reply: Recording['reply']): Recording['reply'] {
  return isRecord(reply.body) ? { ...reply, body: { ...reply.body, duplicate: false } } : reply
}
