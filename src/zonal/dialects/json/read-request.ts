import { Refusal } from '../../../model/refusal.ts'
import type { RequestHead, TextMessage } from '../../dialect.ts'
import { operations, type Operation } from '../../../model/words.ts'
import { operationUnknown, type RawMessage } from '../../messages/raw-message.ts'
import { RequestInvalid } from '../../messages/request-invalid.ts'
import { isObject } from '../../messages/values.ts'
import { contradiction, reconcile } from './contradiction.ts'
import { commonNames, messageNames } from './fields.ts'
import { findClash, fold, type Clash } from './fold.ts'
import { isForm, isLongForm, maxFormFields } from '../../messages/forms.ts'
import { hasMore } from '../../messages/has-more.ts'
import { maxDepth, parseJson, tooDeep } from './json.ts'

const jsonTypes = /^(?:(?:application|text)\/json|[^/\s]+\/[^/\s]+\+json)$/

/** One segment below the base path may be anything: for an unknown operation the till is told the known ones. */
export function claims({ path, mediaType }: RequestHead): boolean {
  return (isForm(mediaType) || jsonTypes.test(mediaType)) && !path?.includes('/')
}

/** @returns `inside` for the base path, where `method` in the message names the operation */
export function operationAt(path: string): Operation | 'inside' | undefined {
  return path === '' ? 'inside' : readOperation(decodePath(path))
}

/**
 * Reads a message into fields under our names, with their values as they came.
 * @throws Refusal `MESSAGE_UNREADABLE`, `MESSAGE_INVALID`, `OPERATION_UNKNOWN`, and `NOT_SUPPORTED`
 *   for `register`: members are registered in the app, never at the till
 */
export function readRequest({ path, mediaType, text }: TextMessage): RawMessage {
  const operationInPath = path === '' ? undefined : toOperation(decodePath(path))
  const { parts, envelopeClash } = openEnvelope(parseBody(mediaType, text))
  if (envelopeClash && operationInPath !== 'ticket') throw toInvalid(envelopeClash)
  const operation = operationInPath ?? readOperationInside(parts)
  const names = messageNames[operation]
  const fields = fold(parts, names)
  const methodProblem = operationInPath && findMethodProblem(fields.method, operationInPath)
  if (methodProblem && operation !== 'ticket') throw methodProblem
  const clash = envelopeClash ?? findClash(parts, names, fields)
  const problem = methodProblem ?? (clash && toInvalid(clash))
  return { operation, fields, amountUnit: 'major', problem, reference: undefined }
}

function decodePath(path: string): string {
  if (!path.includes('%')) return path
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

function readOperationInside(parts: object[]): Operation {
  const { method } = fold(parts, commonNames)
  const clash = findClash(parts, commonNames, { method })
  if (clash) throw toInvalid(clash)
  return toOperation(typeof method === 'string' ? method : '')
}

/** `method` may be missing, but must not contradict the path. */
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

const operationsByName: ReadonlyMap<string, Operation> = new Map(operations.map((name) => [name, name]))

/** In any case. */
function readOperation(name: string): Operation | undefined {
  return operationsByName.get(name) ?? operationsByName.get(name.trim().toLowerCase())
}

function isRegister(name: string): boolean {
  return name.trim().toLowerCase() === 'register'
}

/** Enough for four lists of a thousand entries and for unknown fields. */
const maxObjects = 10_000

/** Zonal's other services send a form whose field `request` holds the JSON, so ours may get one too. */
function parseBody(mediaType: string, text: string): object {
  const json = isForm(mediaType) ? readFormField(text) : text
  if (json === undefined)
    throw new Refusal('MESSAGE_UNREADABLE', { message: 'the form has no field request, or several' })
  // Counted in the text, since creating that many objects takes memory and time that other requests need.
  if (hasMore(json, '{', maxObjects))
    throw new RequestInvalid('the message', `must have at most ${maxObjects} objects`)
  const message = parseJson(json)
  if (message === tooDeep)
    throw new RequestInvalid('the message', `must not be nested more than ${maxDepth} levels deep`)
  if (!isObject(message))
    throw new Refusal('MESSAGE_UNREADABLE', { message: 'the body is not a JSON object' })
  return message
}

function readFormField(text: string): string | undefined {
  if (isLongForm(text)) throw new RequestInvalid('the form', `must have at most ${maxFormFields} fields`)
  const envelopes = [...new URLSearchParams(text)].filter(([name]) => isEnvelope(name))
  return envelopes.length === 1 ? envelopes[0]?.[1] : undefined
}

type Opened = { parts: object[]; envelopeClash?: Clash }

/** @returns the message and the object in its `request`, if there is one; several that differ are a clash */
function openEnvelope(message: object): Opened {
  const envelopes = Object.entries(message).filter(([name]) => isEnvelope(name))
  const [first] = envelopes
  if (first === undefined) return { parts: [message] }
  const inside = envelopes.map(([, value]: [string, unknown]) => value).reduce(reconcile)
  if (inside === contradiction) {
    const second = envelopes.find(([, value]) => reconcile(first[1], value) === contradiction) ?? first
    return { parts: [message], envelopeClash: { first: first[0], second: second[0] } }
  }
  if (!isObject(inside))
    throw new Refusal('MESSAGE_UNREADABLE', { message: 'request does not hold an object' })
  return { parts: [message, inside] }
}

export function isEnvelope(name: string): boolean {
  return name.toLowerCase() === 'request'
}

function toInvalid({ first, second }: Clash): RequestInvalid {
  if (first === second) return new RequestInvalid(first, 'is given twice with different values')
  return new RequestInvalid(first, `and ${second} are the same field with different values`)
}
