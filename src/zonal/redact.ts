import { anyMessageNames, type Names } from './fields.ts'
import { isObject } from './fold.ts'
import { isEnvelope } from './read-request.ts'
import { isSecret, removed } from './remove-credentials.ts'
import { rewriteBody } from './rewrite.ts'
import type { StandIns } from './stand-ins.ts'

/**
 * A body for a recording: credentials removed, cards and staff replaced by stand-ins. What an unknown field holds is
 * not known and may be a person's, so it gets a stand-in too; its name and shape are what a recording is for.
 * @returns undefined where the body is no message, so that nothing can be said of what is in it
 */
export function redactBody(contentType: string, text: string, standIns: StandIns): string | undefined {
  return rewriteBody(contentType, text, (message) => redactMessage(message, anyMessageNames, standIns))
}

/** The reply is ours: only the card and the member's name are anybody's. */
export function redactReply(body: unknown, standIns: StandIns): unknown {
  if (typeof body !== 'object' || body === null) return body
  const member = 'member' in body ? { member: { name: removed } } : {}
  const isCardSaid = 'cardNumber' in body && typeof body.cardNumber === 'string'
  return {
    ...body,
    ...(isCardSaid ? { cardNumber: standIns.ofCard(String(body.cardNumber)) } : {}),
    ...member,
  }
}

/** Headers whose values are about the message, not about who sends it. */
const plainHeaders = new Set([
  'accept',
  'accept-charset',
  'accept-encoding',
  'connection',
  'content-encoding',
  'content-type',
  'transfer-encoding',
  'user-agent',
])

/** How credentials are carried is worth knowing, so the scheme stays. */
export function redactHeaders(headers: NodeJS.Dict<string | string[]>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => {
      if (plainHeaders.has(name)) return [name, String(value)]
      const [scheme = ''] =
        name === 'authorization' ? (/^(Basic|Bearer|Digest) /i.exec(String(value)) ?? []) : []
      return [name, scheme + removed]
    }),
  )
}

/** A segment with a number in it may be a card's; `v1` is not. */
export function redactPath(path: string, standIns: StandIns): string {
  return path
    .split('/')
    .map((segment) => (/\d{3}/.test(segment) ? standIns.ofText(segment) : segment))
    .join('/')
}

function redactMessage(message: unknown, names: Names, standIns: StandIns): unknown {
  if (!isRecord(message)) return cover(message, standIns)
  return mapFields(message, (name, value) => redactField(name, value, names, standIns))
}

function redactField(name: string, value: unknown, names: Names, standIns: StandIns): unknown {
  const canonical = names.aliases.get(name.toLowerCase())?.name
  if (isSecret(name)) return removed
  if (isEnvelope(name)) return redactMessage(value, names, standIns)
  if (canonical === undefined || canonical === 'staffId' || isCard(name))
    return coverField(name, value, standIns)
  const entryNames = names.lists.get(canonical)
  if (entryNames && Array.isArray(value))
    return value.map((entry) => redactMessage(entry, entryNames, standIns))
  if (entryNames && isRecord(value)) return redactMessage(value, entryNames, standIns)
  return isScalar(value) ? value : cover(value, standIns)
}

function coverField(name: string, value: unknown, standIns: StandIns): unknown {
  if (isSecret(name)) return removed
  if (isCard(name) && isScalar(value)) return mapText(value, standIns.ofCard)
  return cover(value, standIns)
}

function cover(value: unknown, standIns: StandIns): unknown {
  if (Array.isArray(value)) return value.map((entry) => cover(entry, standIns))
  if (isRecord(value)) return mapFields(value, (name, inner) => coverField(name, inner, standIns))
  return mapText(value, standIns.ofText)
}

function isCard(name: string): boolean {
  return anyMessageNames.aliases.get(name.toLowerCase())?.name === 'cardNumber'
}

/** Of a number, digit by digit; one with an exponent says no more than that it is a number. */
function mapText(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value)
  if (!JSON.isRawJSON(value)) return value
  return JSON.rawJSON(/e/i.test(value.rawJSON) ? '1' : change(value.rawJSON))
}

function mapFields(record: object, change: (name: string, value: unknown) => unknown): object {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(name, value)]))
}

function isScalar(value: unknown): boolean {
  return typeof value !== 'object' || JSON.isRawJSON(value)
}

function isRecord(value: unknown): value is object {
  return isObject(value) && !JSON.isRawJSON(value)
}
