import type { Context, Middleware } from 'koa'
import bodyParser from 'koa-bodyparser'
import { isCutOff } from '../../http/server.ts'
import { Refusal } from '../../model/refusal.ts'
import { systemTimers, type Timers } from '../../time/clock.ts'
import { within } from '../../time/waiting.ts'
import type { TrackedState } from '../../observability/tracking.ts'
import { readContentEncoding, readContentType, unpack } from './decode.ts'
import type { Pace } from './pace.ts'
import { maxBytes, readOperation, type Operation } from '../dialects/json/read-request.ts'

const smallest = Math.min(...Object.values(maxBytes))
const largest = Math.max(...Object.values(maxBytes))

/** Kept back for the answer to a message that has not come whole. */
const answerReserveMs = 100

/** @returns what a till hears whose message has not come whole in time: it may be sent again */
export function bodyLate(): Refusal {
  return new Refusal('CORE_UNAVAILABLE', { message: 'the message has not come whole in time' })
}

/**
 * Delivers the body as text in `ctx.request.body`, unpacked and decoded; `readRequest` parses it, once.
 * @param basePath where the operations are served; a ticket, and the bare base path, may be longer than the rest
 * @throws Refusal `MEDIA_TYPE_UNSUPPORTED`, `MESSAGE_TOO_LARGE`, `MESSAGE_UNREADABLE`; `CORE_UNAVAILABLE` if it does not
 *   come whole in time
 */
export function createBodyReader(
  basePath: string,
  pace: Pace,
  timers: Timers = systemTimers,
): Middleware<TrackedState> {
  const readSmall = createReader(smallest)
  const readLarge = createReader(largest)

  return async function readBody(ctx, next) {
    const decode = readContentType(ctx.get('Content-Type'))
    const coding = readContentEncoding(ctx.get('Content-Encoding'))
    const address = readAddress(ctx.path, basePath)
    const limitBytes = limitOf(address)
    const read = limitBytes === largest ? readLarge : readSmall
    // Nobody waits for a ticket, so it has the time that the server leaves it.
    const exchange = address === 'ticket' ? undefined : ctx.state.exchange
    const reading = readPacked(ctx, read)
    const bytes = await readBytes(
      ctx,
      exchange ? within(timers, exchange.leftMs() - answerReserveMs, reading, bodyLate) : reading,
    )
    await pace(bytes.length)
    const text = decode(await unpack(bytes, coding, limitBytes))
    if (text.trim() === '') throw new Refusal('MESSAGE_UNREADABLE', { message: 'the body is empty' })
    ctx.request.body = text
    await next()
  }
}

/** @returns the operation that a path names; `bare` for the base path, where the message itself names it */
export function readAddress(path: string, basePath: string): Operation | 'bare' | undefined {
  const name = path.slice(basePath.length).replaceAll('/', '')
  return name === '' ? 'bare' : readOperation(name)
}

/** The media type has been looked at, and the charset is not left to the parser, which knows one for all messages. */
function createReader(limitBytes: number): Middleware {
  const options = {
    enableTypes: ['text'],
    extendTypes: { text: ['*/*'] },
    textLimit: `${limitBytes}b`,
    // Without an encoding the parser hands over bytes.
    encoding: '',
  }
  return bodyParser(options)
}

/** At the bare base path the message names the operation, so the limit of the longest counts until it is read. */
function limitOf(address: Operation | 'bare' | undefined): number {
  if (address === 'bare') return largest
  return address === undefined ? smallest : maxBytes[address]
}

async function readBytes(ctx: Context, reading: Promise<void>): Promise<Buffer> {
  try {
    await reading
  } catch (error) {
    // What is left of the body would be taken for the next request on this connection.
    ctx.set('Connection', 'close')
    throw toRefusal(error)
  }
  const bytes: unknown = ctx.request.body
  if (!Buffer.isBuffer(bytes)) throw new Refusal('MESSAGE_UNREADABLE', { message: 'there is no body' })
  return bytes
}

/**
 * The parser gets a packed body as it came: it knows codings by lower case names only, and no raw deflate, and it would
 * wait for ever for a till that hangs up in the middle of a packed body.
 */
async function readPacked(ctx: Context, read: Middleware) {
  const { headers } = ctx.req
  ctx.req.headers = { ...headers, 'content-encoding': 'identity' }
  const reading = read(ctx, async () => undefined)
  // It has looked at them by now.
  ctx.req.headers = headers
  await reading
}

/** The parser's error is not kept as a cause: it may hold the body. */
function toRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error
  const { code, status } = error as { code?: string; status?: number }
  if (isCutOff(code)) return bodyLate()
  if (status === 413) return new Refusal('MESSAGE_TOO_LARGE', { message: 'the body is above its limit' })
  return new Refusal('MESSAGE_UNREADABLE', { message: 'the body ended early' })
}
