import type { Dialect } from '../dialect.ts'
import { removed } from '../messages/credential-fields.ts'
import { redactQuery } from './redact-body.ts'
import type { CaptureRules } from './rules.ts'

/** Their values describe the message, not its sender. */
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
/** Their values identify the sender, or the way that the request has taken. */
const personal = new Set(['forwarded', 'host', 'traceparent', 'tracestate', 'via', 'x-request-id'])
const secretName = /auth|cookie|credential|key|password|secret|session|token|^x-forwarded-/
/** Their names may be seen, but not their values. */
const named = new Set(['cache-control', 'date', 'from', 'origin', 'pragma', 'referer', 'soapaction'])
/** In the names of charsets. */
const plainNumbers = new Set(['8859', ...Array.from({ length: 9 }, (_, index) => String(1250 + index))])

/** The scheme of credentials stays, to show how they are sent. */
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
    return [isStandardSecret(name) ? name : rules.keepName(name), scheme + removed]
  }
  return [named.has(name) ? name : rules.keepUnknownName(name), rules.ofText(value)]
}

/** Standard names of headers that hold a secret. Any other name may itself identify somebody. */
function isStandardSecret(name: string): boolean {
  return name === 'authorization' || name === 'proxy-authorization' || name === 'cookie'
}

/** A word with three digits or more may identify somebody. */
function keepWords(value: string, rules: CaptureRules): string {
  const kept = rules.keep(value)
  return kept.replace(/[A-Za-z0-9]+/g, (word) =>
    plainNumbers.has(word) || (word.match(/\d/g)?.length ?? 0) < 3 ? word : rules.ofText(word),
  )
}

type Address = { path: string; query: string; basePath: string }

/** Keeps the words of our base path and of the dialect. */
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
