import { anyMessageNames, type Names } from './fields.ts'
import { isEnvelope } from './read-request.ts'
import { isSecret, removed, rewriteBody } from './rewrite.ts'
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
  return { ...body, ...(isCardSaid ? { cardNumber: standIns.ofCard(String(body.cardNumber)) } : {}), ...member }
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
      const [scheme = ''] = name === 'authorization' ? (/^(Basic|Bearer|Digest) /i.exec(String(value)) ?? []) : []
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
  return mapFields(message, (value, name) => {
    const canonical = names.canonical.get(name.toLowerCase())
    const entryNames = canonical === undefined ? undefined : names.lists.get(canonical)
    if (isSecret(name)) return removed
    if (isEnvelope(name)) return redactMessage(value, names, standIns)
    if (canonical === 'cardNumber') return mapScalars(value, standIns.ofCard)
    if (entryNames && Array.isArray(value)) return value.map((entry) => redactMessage(entry, entryNames, standIns))
    if (canonical !== undefined && canonical !== 'staffId' && isScalar(value)) return value
    return mapScalars(value, standIns.ofText)
  }, standIns)
}
