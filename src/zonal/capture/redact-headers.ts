import type { Dialect } from '../dialect.ts'
import { removed } from '../messages/credential-fields.ts'
import { redactQuery } from './redact-body.ts'
import type { CaptureRules } from './rules.ts'

/** Headers whose values are about the message, not about who sends it. */
const plain = new Set([
  'accept',
  'accept-charset',
  'accept-encoding',
  'accept-language',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'expect',
  'transfer-encoding',
  'user-agent',
])
/** Who sends it, and where it has been. */
const personal = new Set(['forwarded', 'host', 'traceparent', 'tracestate', 'via', 'x-request-id'])
const secretName = /auth|cookie|credential|key|password|secret|session|token|^x-forwarded-/
/** Names that are known, though not what they hold. */
const known = new Set(['cache-control', 'date', 'from', 'origin', 'pragma', 'referer', 'soapaction'])
/** Numbers of charsets. */
const plainNumbers = new Set(['8859', ...Array.from({ length: 9 }, (_, index) => String(1250 + index))])

/** How credentials are carried is worth knowing, so the scheme stays. */
export function redactHeaders(
  headers: NodeJS.Dict<string | string[]>,
  rules: CaptureRules,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => redactHeader(name, String(value), rules)),
  )
}

function redactHeader(name: string, value: string, rules: CaptureRules): [string, string] {
  if (plain.has(name)) return [name, keepWords(value, rules)]
  if (personal.has(name)) return [name, removed]
  if (secretName.test(name)) {
    const [scheme = ''] = name === 'authorization' ? (/^(Basic|Bearer|Digest) /i.exec(value) ?? []) : []
    return [isKnownSecret(name) ? name : rules.keepName(name), scheme + removed]
  }
  return [known.has(name) ? name : rules.keepUnknownName(name), rules.ofText(value)]
}

/** The name of a header that holds a secret is worth knowing too, unless it is somebody's. */
function isKnownSecret(name: string): boolean {
  return name === 'authorization' || name === 'proxy-authorization' || name === 'cookie'
}

/** A number of three digits or more may be somebody's. */
function keepWords(value: string, rules: CaptureRules): string {
  const kept = rules.keep(value)
  return kept.replace(/[A-Za-z0-9]+/g, (word) =>
    plainNumbers.has(word) || (word.match(/\d/g)?.length ?? 0) < 3 ? word : rules.ofText(word),
  )
}

type Address = { path: string; query: string; basePath: string }

/** Of an address the words of our base path and of the dialect stay. */
export function redactAddress(
  { path, query, basePath }: Address,
  dialect: Dialect,
  rules: CaptureRules,
): string {
  const ours = new Set(['', ...basePath.toLowerCase().split('/')])
  const { pathWords } = dialect.redaction
  const segments = path.split('/').map((segment) => {
    const word = segment.toLowerCase()
    return ours.has(word) || pathWords.has(word) ? segment : rules.keepUnknownName(segment)
  })
  return segments.join('/') + (query === '' ? '' : `?${redactQuery(dialect, query, rules)}`)
}
