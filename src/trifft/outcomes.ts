import { CoreOutcomeUnknown, CoreProtocolError, CoreRejected, CoreUnavailable } from './errors.ts'
import { codeOfException } from './exceptions.ts'
import type { CoreReply } from './http.ts'
import { Unreadable, type Reader, type Reading } from './reading.ts'
import { flatError, nestedError } from './schemas.ts'

/** With a readable error these are final. 408 is not among them: its call may still be done. */
const refusals = new Set([400, 402, 404, 409, 410, 422])

/**
 * What an answer of the core means: by its status first, then by the name of its exception.
 *
 * @param nowMs epoch ms, for a `Retry-After` that is a date
 * @returns what the body of a success says
 * @throws CoreRejected (a readable refusal; 401 and 403), CoreUnavailable (429), CoreProtocolError (a success in JSON
 * that does not say what it must), CoreOutcomeUnknown (everything else)
 */
export function readOutcome<T>(
  operation: string,
  read: Reader<T>,
  reply: CoreReply,
  nowMs: number,
): Reading<T> {
  const { status } = reply
  if (status >= 200 && status < 300) return readSuccess(operation, read, reply)

  const said = readError(reply.body)
  const details = { ...said, status, message: `${operation}: ${status} ${said?.exception ?? ''}`.trim() }
  if (status === 401) throw new CoreRejected('CREDENTIALS_WRONG', 'not_done', details)
  if (status === 403) throw new CoreRejected('KEY_NOT_ALLOWED', 'not_done', details)
  if (status === 429) {
    const retryAfterSeconds = readRetryAfter(reply.retryAfter, nowMs)
    throw new CoreUnavailable({ ...details, retryAfterSeconds }, 'CORE_BUSY')
  }
  if (refusals.has(status) && said)
    throw new CoreRejected(codeOfException(said.exception), 'refused', details)
  throw new CoreOutcomeUnknown(details)
}

function readSuccess<T>(operation: string, read: Reader<T>, { status, body }: CoreReply): Reading<T> {
  if (body === undefined)
    throw new CoreOutcomeUnknown({ status, message: `${operation}: ${status}, not JSON` })
  try {
    return read(body)
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error
    throw new CoreProtocolError(error.fields, {
      status,
      message: `${operation}: ${status}, ${error.message}`,
    })
  }
}

/** Both forms of the core's errors: nested in `error`, and flat with `event_id`. */
function readError(body: unknown): { exception: string; eventId?: string } | undefined {
  const nested = nestedError.safeParse(body)
  if (nested.success) {
    const { error, event_id } = nested.data
    return { exception: nameOf(error.exception), eventId: error.event_id ?? event_id ?? undefined }
  }
  const flat = flatError.safeParse(body)
  return flat.success
    ? { exception: nameOf(flat.data.exception), eventId: flat.data.event_id ?? undefined }
    : undefined
}

/** For log lines: what is not the name of a class may contain anything. */
function nameOf(exception: string): string {
  return /^[\w.\\]{1,100}$/.test(exception) ? exception : '(no name)'
}

const dayS = 86_400

/** Seconds or a date, a day at most: https://www.rfc-editor.org/rfc/rfc9110#name-retry-after */
function readRetryAfter(value: string | undefined, nowMs: number): number | undefined {
  if (value === undefined) return undefined
  const seconds = /^\d+$/.test(value) ? Number(value) : Math.ceil((Date.parse(value) - nowMs) / 1000)
  return Number.isNaN(seconds) ? undefined : Math.min(Math.max(seconds, 0), dayS)
}
