import type { IncomingMessage } from 'node:http'
import type { Context, Middleware } from 'koa'
import bodyParser from 'koa-bodyparser'
import { Refusal } from '../loyalty/refusal.ts'
import type { Exchange } from '../observability/exchange.ts'
import type { TrackedState } from '../observability/tracking.ts'
import { maxBytes, readOperation, type Operation } from './read-request.ts'

const smallest = Math.min(...Object.values(maxBytes))
const largest = Math.max(...Object.values(maxBytes))

const formType = 'application/x-www-form-urlencoded'
const jsonTypes = /^(?:(?:application|text)\/json|[^/\s]+\/[^/\s]+\+json)$/

const utf16be = new TextDecoder('utf-16be')
/** By the charset of a content type; they drop a byte order mark. What calls itself ASCII is seldom more, and then UTF-8. */
const decoders = new Map([
  ...['utf-8', 'utf8', 'us-ascii', 'ascii'].map((charset) => [charset, new TextDecoder('utf-8')] as const),
  ...['iso-8859-1', 'latin1', 'windows-1252', 'cp1252'].map(
    (charset) => [charset, new TextDecoder('windows-1252')] as const,
  ),
  ...['utf-16', 'utf-16le'].map((charset) => [charset, new TextDecoder('utf-16le')] as const),
])

/** Kept back for the answer to a message that has not come whole. */
const answerReserveMs = 100

class BodyLate extends Error {
  override name = 'BodyLate'
}

/**
 * Delivers the body as text in `ctx.request.body`, unpacked and decoded; `readRequest` parses it, once.
 * @param basePath where the operations are served; a ticket, and the bare base path, may be longer than the rest
 * @throws Refusal `MEDIA_TYPE_UNSUPPORTED`, `MESSAGE_TOO_LARGE`, `MESSAGE_UNREADABLE`
 */
export function createBodyReader(basePath: string): Middleware<TrackedState> {
  const readSmall = createReader(smallest)
  const readLarge = createReader(largest)

  return async function readBody(ctx, next) {
    const decoder = decoderOf(ctx.get('Content-Type'))
    if (!decoder) throw new Refusal('MEDIA_TYPE_UNSUPPORTED', { message: 'no media type or charset of ours' })
    const operation = readOperation(ctx.path.slice(basePath.length).replaceAll('/', ''))
    const read = limitOf(ctx.path, operation, basePath) === largest ? readLarge : readSmall
    const bytes = await readBytes(ctx, read, operation === 'ticket' ? undefined : ctx.state.exchange)
    const text = (isBigEndian(bytes) ? utf16be : decoder).decode(bytes)
    if (text.trim() === '') throw new Refusal('MESSAGE_UNREADABLE', { message: 'the body is empty' })
    ctx.request.body = text
    await next()
  }
}

/** The media type has been looked at, and the charset is not left to the parser, which knows one for all messages. */
function createReader(limitBytes: number): Middleware {
  const options = {
    enableTypes: ['text'],
    extendTypes: { text: ['*/*'] },
    textLimit: `${limitBytes}b`,
    // The parser hands over bytes for null; its types know names of encodings only.
    encoding: null as unknown as string,
  }
  return bodyParser(options)
}

/** At the bare base path the message names the operation, so the limit of the longest counts until it is read. */
function limitOf(path: string, operation: Operation | undefined, basePath: string): number {
  if (operation !== undefined) return maxBytes[operation]
  return /^\/*$/.test(path.slice(basePath.length)) ? largest : smallest
}

/** @returns undefined for a media type or charset that is not taken */
function decoderOf(contentType: string) {
  const [type = '', ...parameters] = contentType.split(';').map((part) => part.trim().toLowerCase())
  if (type !== formType && !jsonTypes.test(type)) return undefined
  const charset = parameters.find((parameter) => parameter.startsWith('charset='))?.slice('charset='.length)
  return decoders.get(charset?.replaceAll('"', '') ?? 'utf-8')
}

/** A byte order mark of UTF-16 as Java writes it; in no other charset does a message begin so. */
function isBigEndian(bytes: Buffer): boolean {
  return bytes[0] === 0xfe && bytes[1] === 0xff
}

/** @param exchange whose operator waits; a ticket has the time that the server leaves it, since nobody waits */
async function readBytes(ctx: Context, read: Middleware, exchange: Exchange | undefined): Promise<Buffer> {
  const late = Promise.withResolvers<never>()
  const timer = exchange && setTimeout(() => late.reject(new BodyLate()), exchange.leftMs() - answerReserveMs)
  try {
    const reading = read(ctx, async () => undefined)
    const isPacked = ctx.get('Content-Encoding') !== ''
    await Promise.race([reading, late.promise, ...(isPacked ? [hangUp(ctx.req)] : [])])
  } catch (error) {
    // What is left of the body would be taken for the next request on this connection.
    ctx.set('Connection', 'close')
    throw toRefusal(error)
  } finally {
    clearTimeout(timer)
  }
  const bytes: unknown = ctx.request.body
  if (!Buffer.isBuffer(bytes)) throw new Refusal('MESSAGE_UNREADABLE', { message: 'there is no body' })
  return bytes
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
  if (error instanceof BodyLate)
    return new Refusal('CORE_UNAVAILABLE', { message: 'the body has not come whole in time' })
  const status = error instanceof Error && 'status' in error ? error.status : undefined
  if (status === 413) return new Refusal('MESSAGE_TOO_LARGE', { message: 'the body is above its limit' })
  if (status === 415) return new Refusal('MEDIA_TYPE_UNSUPPORTED', { message: 'no content coding of ours' })
  return new Refusal('MESSAGE_UNREADABLE', { message: 'the body ended early, or cannot be unpacked' })
}
