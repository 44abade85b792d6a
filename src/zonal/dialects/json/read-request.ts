import { Refusal } from '../../../model/refusal.ts'
import { commonNames, messageNames } from './fields.ts'
import { contradiction, reconcile } from './contradiction.ts'
import { findClash, fold, isObject, type Clash, type RawFields } from './fold.ts'
import { hasMore, isLongForm, mostFormFields } from './has-more.ts'
import { mostDepth, parseJson, tooDeep } from './json.ts'
import { RequestInvalid } from '../../messages/request-invalid.ts'

export type Operation = keyof typeof messageNames
export type RawRequest = {
  operation: Operation
  fields: RawFields
  /** The message contradicts itself. Not thrown, so that a ticket of a known venue can be kept before it is refused. */
  clash: RequestInvalid | undefined
}

/** Longest message, in bytes after unpacking. */
export const maxBytes: Record<Operation, number> = {
  balance: 16_384,
  debit: 16_384,
  credit: 16_384,
  ticket: 262_144,
}

/** @returns the operation that is meant, in any case; undefined for any other name */
export function readOperation(name: string): Operation | undefined {
  const known = name.trim().toLowerCase()
  return isOperation(known) ? known : undefined
}

/**
 * From a body to the fields of one message under our names; their values are as they came.
 * @param input `operationInPath` is undefined at the bare base path, where `method` in the message names the operation
 * @throws Refusal `MESSAGE_UNREADABLE`, `MESSAGE_INVALID`, `OPERATION_UNKNOWN`, and `NOT_SUPPORTED`
 *   for `register`: members are registered in the app, never at the till
 */
export function readRequest(input: {
  operationInPath: string | undefined
  contentType: string
  text: string
}): RawRequest {
  const named = input.operationInPath
  const operationInPath = named === undefined ? undefined : toOperation(named)
  const { parts, envelopeClash } = openEnvelope(parseBody(input.contentType, input.text))
  if (envelopeClash && operationInPath !== 'ticket') throw toInvalid(envelopeClash)
  const operation = operationInPath ?? readOperationInside(parts)
  const names = messageNames[operation]
  const fields = fold(parts, names)
  const methodProblem = operationInPath && findMethodProblem(fields.method, operationInPath)
  if (methodProblem && operation !== 'ticket') throw methodProblem
  const clash = envelopeClash ?? findClash(parts, names, fields)
  return { operation, fields, clash: methodProblem ?? (clash && toInvalid(clash)) }
}

function readOperationInside(parts: object[]): Operation {
  const { method } = fold(parts, commonNames)
  const clash = findClash(parts, commonNames, { method })
  if (clash) throw toInvalid(clash)
  return toOperation(typeof method === 'string' ? method : '')
}

/** Need not be there, but must not contradict. */
function findMethodProblem(method: unknown, operationInPath: Operation): RequestInvalid | undefined {
  if (method === undefined) return undefined
  const inside = typeof method === 'string' ? method : ''
  if (isRegister(inside)) throw new Refusal('NOT_SUPPORTED')
  if (readOperation(inside) === operationInPath) return undefined
  return new RequestInvalid('method', 'must name the same operation as the path')
}

function toOperation(name: string): Operation {
  if (isRegister(name)) throw new Refusal('NOT_SUPPORTED')
  const operation = readOperation(name)
  if (operation === undefined) throw operationUnknown()
  return operation
}

export function operationUnknown(): Refusal {
  return new Refusal('OPERATION_UNKNOWN', {
    detail: `The operations are ${Object.keys(messageNames).join(', ')}`,
  })
}

function isOperation(name: string): name is Operation {
  return Object.hasOwn(messageNames, name)
}

function isRegister(name: string): boolean {
  return name.trim().toLowerCase() === 'register'
}

/** Four lists of a thousand entries, and room for what we do not know. */
const mostObjects = 10_000

/** Zonal's other services send a form whose field `request` holds the JSON, so ours may come that way too. */
function parseBody(contentType: string, text: string): object {
  const json = isForm(contentType) ? readFormField(text) : text
  if (json === undefined)
    throw new Refusal('MESSAGE_UNREADABLE', { message: 'the form has no field request, or several' })
  // Counted as text: to make so many takes memory and time that others need.
  if (hasMore(json, '{', mostObjects))
    throw new RequestInvalid('the message', `must have at most ${mostObjects} objects`)
  const message = parseJson(json)
  if (message === tooDeep)
    throw new RequestInvalid('the message', `must not be nested more than ${mostDepth} levels deep`)
  if (!isObject(message)) throw new Refusal('MESSAGE_UNREADABLE', { message: 'the body is no JSON object' })
  return message
}

export function isForm(contentType: string): boolean {
  return /^\s*application\/x-www-form-urlencoded\s*(;|$)/i.test(contentType)
}

function readFormField(text: string): string | undefined {
  if (isLongForm(text)) throw new RequestInvalid('the form', `must have at most ${mostFormFields} fields`)
  const found = [...new URLSearchParams(text)].filter(([name]) => isEnvelope(name))
  return found.length === 1 ? found[0]?.[1] : undefined
}

type Opened = { parts: object[]; envelopeClash?: Clash }

/** @returns the message and what its `request` holds, if there is one: nobody knows which of two that differ is meant */
function openEnvelope(message: object): Opened {
  const envelopes = Object.entries(message).filter(([name]) => isEnvelope(name))
  const [first] = envelopes
  if (first === undefined) return { parts: [message] }
  const inside = envelopes.map(([, value]: [string, unknown]) => value).reduce(reconcile)
  if (inside === contradiction) {
    const second = envelopes.find(([, value]) => reconcile(first[1], value) === contradiction) ?? first
    return { parts: [message], envelopeClash: { first: first[0], second: second[0] } }
  }
  if (!isObject(inside)) throw new Refusal('MESSAGE_UNREADABLE', { message: 'request holds no object' })
  return { parts: [message, inside] }
}

export function isEnvelope(name: string): boolean {
  return name.toLowerCase() === 'request'
}

function toInvalid({ first, second }: Clash): RequestInvalid {
  if (first === second) return new RequestInvalid(first, 'is given twice with different values')
  return new RequestInvalid(first, `and ${second} are the same field with different values`)
}
