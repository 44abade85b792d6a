import { anyMessageNames, type Names } from './fields.ts'
import { isObject } from './fold.ts'
import type { CaptureRules } from '../../capture/rules.ts'
import { isLongForm } from './has-more.ts'
import { isEnvelope, isForm } from './read-request.ts'
import { isSecret, removed } from './remove-credentials.ts'
import { rewriteJson } from './rewrite.ts'
import { looksLikeXml, shapeOfLines, shapeOfXml } from '../../capture/shapes-of-text.ts'

/**
 * A body for a recording. Of a message that is understood credentials are removed, cards and staff are stand-ins, and
 * known fields are kept. Of anything else its shape is: names where the syntax is recognised, and a stand-in for every
 * letter and digit of a value.
 */
export function redactBody(contentType: string, text: string, rules: CaptureRules): string {
  const json = rewriteJson(text, (message) => redactMessage(message, anyMessageNames, rules))
  if (json !== undefined) return json
  if (looksLikeXml(text)) return shapeOfXml(text, { ofText: rules.ofText, keepName: rules.keepName })
  if (isForm(contentType) && !isLongForm(text)) return redactForm(text, rules)
  // A field that we know is nobody's secret, whatever it stands in.
  const isKept = (name: string) =>
    canonicalOf(name, anyMessageNames) !== undefined || rules.isUnknownNameKept(name)
  return shapeOfLines(text, rules.ofText, isKept)
}

/** Also of the query of an address. */
export function redactForm(text: string, rules: CaptureRules): string {
  const form = new URLSearchParams()
  for (const [name, value] of new URLSearchParams(text)) {
    const message =
      isEnvelope(name) && rewriteJson(value, (inner) => redactMessage(inner, anyMessageNames, rules))
    form.append(rules.keepName(name), message || coverScalar(name, value, rules))
  }
  return form.toString()
}

/** Names of our own replies: what else may be in one is reduced to its shape. */
const replyNames = new Set(
  (
    'response requestId cardNumber member program points balances rewards asOf stale transactionId redemptionId reward ' +
    'pointsTaken pointsReturned ticketId accepted duplicate code detail action retry service version valueType amount ' +
    'id name type entityCode discountId cost expires'
  ).split(' '),
)

export function redactReply(body: unknown, rules: CaptureRules): unknown {
  if (typeof body === 'string') return rules.ofText(body)
  if (Array.isArray(body)) return body.map((entry: unknown) => redactReply(entry, rules))
  if (!isRecord(body)) return Buffer.isBuffer(body) ? null : body
  return mapFields(body, (name, value) => {
    if (name === 'member') return { name: removed }
    if (name === 'cardNumber') return rules.ofCard(String(value))
    if (!replyNames.has(name)) return cover(value, rules)
    return typeof value === 'string' ? rules.keep(value) : redactReply(value, rules)
  })
}

function redactMessage(message: unknown, names: Names, rules: CaptureRules): unknown {
  if (!isRecord(message)) return cover(message, rules)
  return mapFields(message, (name, value) => redactField(name, value, names, rules), rules.keepName)
}

function redactField(name: string, value: unknown, names: Names, rules: CaptureRules): unknown {
  const canonical = canonicalOf(name, names)
  if (isSecret(name)) return removed
  if (isEnvelope(name)) return redactMessage(value, names, rules)
  if (canonical === undefined || canonical === 'staffId' || isCard(name))
    return coverField(name, value, rules)
  const entryNames = names.lists.get(canonical)
  if (entryNames && Array.isArray(value)) return value.map((entry) => redactMessage(entry, entryNames, rules))
  if (entryNames && isRecord(value)) return redactMessage(value, entryNames, rules)
  return isScalar(value) ? mapText(value, rules.keep) : cover(value, rules)
}

function coverField(name: string, value: unknown, rules: CaptureRules): unknown {
  if (isSecret(name)) return removed
  if (isCard(name) && isScalar(value)) return mapText(value, rules.ofCard)
  return cover(value, rules)
}

function coverScalar(name: string, value: string, rules: CaptureRules): string {
  return isSecret(name) ? removed : isCard(name) ? rules.ofCard(value) : rules.ofText(value)
}

function cover(value: unknown, rules: CaptureRules): unknown {
  if (Array.isArray(value)) return value.map((entry) => cover(entry, rules))
  if (isRecord(value))
    return mapFields(value, (name, inner) => coverField(name, inner, rules), rules.keepName)
  return mapText(value, rules.ofText)
}

/**
 * What a message holds that must not be seen in any of its fields: credentials, cards, and what stands in a field that
 * nobody knows, since it may be one of them.
 */
export function findSecrets(contentType: string, text: string): string[] {
  const found: string[] = []
  const look = (value: unknown, names: Names) => {
    for (const [name, inner] of Object.entries(isObject(value) ? value : {}) as [string, unknown][]) {
      const canonical = canonicalOf(name, names)
      const isKnown = canonical !== undefined && !isSecret(name) && !isCard(name)
      if (isScalar(inner) && !isKnown) found.push(...secretsOf(name, inner))
      else if (isEnvelope(name)) look(inner, names)
    }
  }
  const lookInJson = (json: string) =>
    rewriteJson(json, (message) => {
      look(message, anyMessageNames)
      return null
    })
  if (lookInJson(text) === undefined && isForm(contentType) && !isLongForm(text))
    for (const [name, value] of new URLSearchParams(text))
      if (!isEnvelope(name) || lookInJson(value) === undefined) found.push(...secretsOf(name, value))
  return found
}

/** A short value of a field that nobody knows, such as a flag, stands in others by chance. */
function secretsOf(name: string, value: unknown): string[] {
  const text = JSON.isRawJSON(value) ? value.rawJSON : String(value)
  return isSecret(name) || isCard(name) || text.length >= 6 ? [text] : []
}

function canonicalOf(name: string, names: Names): string | undefined {
  return names.aliases.get(name.toLowerCase())?.name
}

function isCard(name: string): boolean {
  return canonicalOf(name, anyMessageNames) === 'cardNumber'
}

/** Of a number, digit by digit; one with an exponent says no more than that it is a number. */
function mapText(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value)
  if (!JSON.isRawJSON(value)) return value
  return JSON.rawJSON(/e/i.test(value.rawJSON) ? '1' : change(value.rawJSON))
}

function mapFields(
  record: object,
  change: (name: string, value: unknown) => unknown,
  rename = (name: string) => name,
): object {
  return Object.fromEntries(
    Object.entries(record).map(([name, value]) => [rename(name), change(name, value)]),
  )
}

function isScalar(value: unknown): boolean {
  return typeof value !== 'object' || value === null || JSON.isRawJSON(value)
}

function isRecord(value: unknown): value is object {
  return isObject(value) && !JSON.isRawJSON(value) && !Buffer.isBuffer(value)
}
