import { credentialFields, removed } from '../../messages/credential-fields.ts'
import { isObject } from '../../messages/values.ts'
import {
  shapeOfValue,
  isSecretValue,
  redactValue,
  type BodyText,
  type RedactionRules,
} from '../../redaction.ts'
import { anyMessageNames, type Names } from './fields.ts'
import { isForm, isLongForm } from '../../messages/forms.ts'
import { isEnvelope } from './read-request.ts'
import { rewriteJson } from './rewrite.ts'

/**
 * Removes credentials, replaces cards, staff and unknown fields by stand-ins, and keeps the other fields that we know.
 */
export function redactBody({ mediaType, text }: BodyText, rules: RedactionRules): string | undefined {
  const json = rewriteJson(text, (message) => redactMessage(message, anyMessageNames, rules))
  if (json !== undefined) return json
  return isForm(mediaType) && !startsLikeXml(text) && !isLongForm(text) ? redactForm(text, rules) : undefined
}

function startsLikeXml(text: string): boolean {
  return /^\s*</.test(text)
}

function redactForm(text: string, rules: RedactionRules): string {
  const form = new URLSearchParams()
  for (const [name, value] of new URLSearchParams(text)) {
    const message =
      isEnvelope(name) && rewriteJson(value, (inner) => redactMessage(inner, anyMessageNames, rules))
    form.append(rules.keepName(name), message || String(shapeOfField(name, value, rules)))
  }
  return form.toString()
}

/** The names in our own replies. */
const replyNames = new Set(
  (
    'response requestId cardNumber member program points balances rewards asOf stale transactionId redemptionId reward ' +
    'pointsTaken pointsReturned ticketId accepted duplicate code detail action retry service version valueType amount ' +
    'id name type entityCode discountId cost expires'
  ).split(' '),
)

/** Anything in a reply that is not ours is reduced to its shape. */
export function redactReply(body: string, rules: RedactionRules): unknown {
  const redacted = rewriteJson(body, (reply) => redactReplyValue(reply, rules))
  return redacted === undefined ? rules.ofText(body) : (JSON.parse(redacted) as unknown)
}

function redactReplyValue(value: unknown, rules: RedactionRules): unknown {
  if (typeof value === 'string') return rules.ofText(value)
  if (Array.isArray(value)) return value.map((entry: unknown) => redactReplyValue(entry, rules))
  if (!isRecord(value)) return value
  return mapFields(value, (name, inner) => {
    if (name === 'member') return { name: removed }
    if (name === 'cardNumber') return rules.ofCard(String(inner))
    if (!replyNames.has(name)) return shapeOf(inner, rules)
    return typeof inner === 'string' ? rules.keep(inner) : redactReplyValue(inner, rules)
  })
}

function redactMessage(message: unknown, names: Names, rules: RedactionRules): unknown {
  if (!isRecord(message)) return shapeOf(message, rules)
  return mapFields(message, (name, value) => redactField(name, value, names, rules), rules.keepName)
}

function redactField(name: string, value: unknown, names: Names, rules: RedactionRules): unknown {
  if (isSecret(name)) return removed
  if (isEnvelope(name)) return redactMessage(value, names, rules)
  // A card is one wherever it appears.
  const field = fieldOf(name) === 'cardNumber' ? 'cardNumber' : canonicalOf(name, names)
  const entryNames = field === undefined ? undefined : names.lists.get(field)
  if (entryNames && Array.isArray(value)) return value.map((entry) => redactMessage(entry, entryNames, rules))
  if (entryNames && isRecord(value)) return redactMessage(value, entryNames, rules)
  return isScalar(value) ? mapText(value, (text) => redactValue(field, text, rules)) : shapeOf(value, rules)
}

function shapeOfField(name: string, value: unknown, rules: RedactionRules): unknown {
  if (isSecret(name)) return removed
  return isScalar(value)
    ? mapText(value, (text) => shapeOfValue(fieldOf(name), text, rules))
    : shapeOf(value, rules)
}

function shapeOf(value: unknown, rules: RedactionRules): unknown {
  if (Array.isArray(value)) return value.map((entry) => shapeOf(entry, rules))
  if (isRecord(value))
    return mapFields(value, (name, inner) => shapeOfField(name, inner, rules), rules.keepName)
  return mapText(value, rules.ofText)
}

/** Looks into the message, its `request`, and forms, but not into lists. */
export function findSecrets({ mediaType, text }: BodyText): string[] {
  const found: string[] = []
  const collect = (name: string, value: string) => {
    if (isSecretValue(fieldOf(name), value)) found.push(value)
  }
  const look = (value: unknown) => {
    for (const [name, inner] of Object.entries(isObject(value) ? value : {}) as [string, unknown][])
      if (isScalar(inner)) collect(name, JSON.isRawJSON(inner) ? inner.rawJSON : String(inner))
      else if (isEnvelope(name)) look(inner)
  }
  const lookInJson = (json: string) =>
    rewriteJson(json, (message) => {
      look(message)
      return null
    })
  if (lookInJson(text) === undefined && isForm(mediaType) && !isLongForm(text))
    for (const [name, value] of new URLSearchParams(text))
      if (!isEnvelope(name) || lookInJson(value) === undefined) collect(name, value)
  return found
}

/** @returns our name of a field as a till spells it, in any message */
export function fieldOf(spelling: string): string | undefined {
  return canonicalOf(spelling, anyMessageNames)
}

function canonicalOf(name: string, names: Names): string | undefined {
  return names.aliases.get(name.toLowerCase())?.name
}

function isSecret(name: string): boolean {
  return credentialFields.includes(fieldOf(name) ?? '')
}

/** A number is changed digit by digit; one with an exponent becomes 1. */
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
