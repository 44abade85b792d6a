import type { IncomingMessage } from 'node:http'
import type { Context, Middleware } from 'koa'
import bodyParser from 'koa-bodyparser'
import { Refusal } from '../loyalty/refusal.ts'
import type { Exchange } from '../observability/exchange.ts'
import type { TrackedState } from '../observability/tracking.ts'
import { maxBytes, readOperation, type Operation } from './read-request.ts'

const smallest = Math.min(...Object.values(maxBytes))
const largest = Math.max(...Object.values(maxBytes))

const jsonTypes = ['application/json', 'text/json', '+json']
const formType = 'application/x-www-form-urlencoded'

/** Kept back for the answer to a message that has not come whole. */
const answerReserveMs = 100

class BodyLate extends Error {
  override name = 'BodyLate'
}

/** Charset labels of a content type → iconv names; the parser takes only one encoding per instance. */
const encodings = new Map([
  ['utf-8', 'utf-8'],
  ['utf8', 'utf-8'],
  ['us-ascii', 'utf-8'],
  ['ascii', 'utf-8'],
  ['iso-8859-1', 'iso-8859-1'],
  ['latin1', 'iso-8859-1'],
  ['windows-1252', 'windows-1252'],
  ['cp1252', 'windows-1252'],
  ['utf-16', 'utf-16'],
  ['utf-16le', 'utf-16le'],
])

/**
 * Delivers the body as text in `ctx.request.body`, unpacked and decoded; `readRequest` parses it, once.
 * @param basePath where the operations are served; a ticket, and the bare base path, may be longer than the rest
 * @throws Refusal `MEDIA_TYPE_UNSUPPORTED`, `MESSAGE_TOO_LARGE`, `MESSAGE_UNREADABLE`
 */
export function createBodyReader(basePath: string): Middleware<TrackedState> {
  const parsers = new Map(
    [smallest, largest].map((limit) => [
      limit,
      new Map(encodings.values().map((encoding) => [encoding, createTextParser(limit, encoding)])),
    ]),
  )

  return async function readBody(ctx, next) {
    const limit = limitOf(ctx.path, basePath)
    const encoding = readEncoding(ctx.get('Content-Type'))
    const parse = encoding === undefined ? undefined : parsers.get(limit)?.get(encoding)
    if (!parse) throw new Refusal('MEDIA_TYPE_UNSUPPORTED')
    await readText(ctx, parse, operationIn(ctx.path, basePath) === 'ticket' ? undefined : ctx.state.exchange)
    await next()
  }
}

function createTextParser(limit: number, encoding: string): Middleware {
  const options = {
    enableTypes: ['text'],
    extendTypes: { text: [...jsonTypes, formType] },
    textLimit: `${limit}b`,
    encoding,
  }
  return bodyParser(options)
}

/** At the bare base path the message names the operation, so the limit of the longest counts until it is read. */
function limitOf(path: string, basePath: string): number {
  const operation = operationIn(path, basePath)
  if (operation !== undefined) return maxBytes[operation]
  return /^\/*$/.test(path.slice(basePath.length)) ? largest : smallest
}

function operationIn(path: string, basePath: string): Operation | undefined {
  return readOperation(path.slice(basePath.length).replaceAll('/', ''))
}

/** @returns undefined for a media type or charset that is not taken */
function readEncoding(contentType: string): string | undefined {
  const [type = '', ...parameters] = contentType.split(';').map((part) => part.trim().toLowerCase())
  const isTaken =
    ['application/json', 'text/json', formType].includes(type) || /^[^/\s]+\/[^/\s]+\+json$/.test(type)
  if (!isTaken) return undefined
  const charset = parameters.find((parameter) => parameter.startsWith('charset='))?.slice('charset='.length)
  return encodings.get(charset?.replaceAll('"', '') ?? 'utf-8')
}

/** @param exchange whose operator waits; a ticket has the time that the server leaves it, since nobody waits */
async function readText(ctx: Context, parse: Middleware, exchange: Exchange | undefined) {
  const late = Promise.withResolvers<never>()
  const timer = exchange && setTimeout(() => late.reject(new BodyLate()), exchange.leftMs() - answerReserveMs)
  try {
    await Promise.race([parse(ctx, async () => undefined), hangUp(ctx.req), late.promise])
  } catch (error) {
    // What is left of the body would be taken for the next request on this connection.
    ctx.set('Connection', 'close')
    throw toRefusal(error)
  } finally {
    clearTimeout(timer)
  }
  if (typeof ctx.request.body !== 'string' || ctx.request.body.trim() === '')
    throw new Refusal('MESSAGE_UNREADABLE')
}

/** The parser watches the unpacked stream only: without this a till that hangs up in a packed body is waited for for ever. */
function hangUp(request: IncomingMessage): Promise<never> {
  return new Promise((_, reject) => {
    request.once('close', () => {
      if (!request.complete) reject(new Error('the connection was closed in the middle of a body'))
    })
  })
}

/** The parser's error is not kept as a cause: it may hold the body. */
function toRefusal(error: unknown): Refusal {
  if (error instanceof BodyLate) return new Refusal('CORE_UNAVAILABLE')
  const status = error instanceof Error && 'status' in error ? error.status : undefined
  if (status === 413) return new Refusal('MESSAGE_TOO_LARGE')
  if (status === 415) return new Refusal('MEDIA_TYPE_UNSUPPORTED')
  return new Refusal('MESSAGE_UNREADABLE')
}
