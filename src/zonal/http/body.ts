import type { Middleware, ParameterizedContext } from 'koa'
import bodyParser from 'koa-bodyparser'
import { isCutOff } from '../../http/server.ts'
import { Refusal } from '../../model/refusal.ts'
import type { Timers } from '../../time/clock.ts'
import { within } from '../../time/waiting.ts'
import type { Operation } from '../../model/words.ts'
import { maxBytes } from '../messages/raw-message.ts'
import { findDecoder, readContentEncoding, unpack } from './decode.ts'
import type { Pace } from './pace.ts'
import type { TillState } from './state.ts'

type Context = ParameterizedContext<TillState>

const smallest = Math.min(...Object.values(maxBytes))
const largest = Math.max(...Object.values(maxBytes))

/** Time left to answer a message that was cut short. */
const answerReserveMs = 100

/** @returns the refusal of a message that did not arrive completely in time: it may be sent again */
export function bodyLate(): Refusal {
  return new Refusal('CORE_UNAVAILABLE', { message: 'the message did not arrive completely in time' })
}

export type ReadBody = (ctx: Context) => Promise<string>

/**
 * @returns a function that reads the body as text, unpacked and decoded. The dialect parses it, once.
 * @throws Refusal `MEDIA_TYPE_UNSUPPORTED`, `MESSAGE_TOO_LARGE`, `MESSAGE_UNREADABLE`; `CORE_UNAVAILABLE` if it does not
 *   arrive completely in time
 */
export function createBodyReader({ pace, timers }: { pace: Pace; timers: Timers }): ReadBody {
  const readSmall = createReader(smallest)
  const readLarge = createReader(largest)

  return async function readBody(ctx) {
    const { isClaimed, charset, operationInAddress, exchange } = ctx.state
    const decode = isClaimed ? findDecoder(charset) : undefined
    if (!decode) throw new Refusal('MEDIA_TYPE_UNSUPPORTED', { message: 'unsupported media type or charset' })
    const coding = readContentEncoding(ctx.get('Content-Encoding'))
    const limitBytes = limitOf(operationInAddress)
    const read = limitBytes === largest ? readLarge : readSmall
    const reading = readPacked(ctx, read)
    const leftMs = exchange.leftMs() - answerReserveMs
    // Nobody waits for the answer to a ticket, so it has as long as the server allows.
    const isWaitedFor = operationInAddress !== 'ticket'
    const bytes = await readBytes(ctx, isWaitedFor ? within(timers, leftMs, reading, bodyLate) : reading)
    await pace(bytes.length)
    const text = decode(coding ? await unpack(bytes, coding, limitBytes) : bytes)
    if (text.trim() === '') throw new Refusal('MESSAGE_UNREADABLE', { message: 'the body is empty' })
    return text
  }
}

/** The media type has been checked, and the charset is not left to the parser, which takes one for all messages. */
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

/** If the message itself names the operation, the largest limit applies until it is read. */
function limitOf(operation: Operation | 'inside' | undefined): number {
  if (operation === 'inside') return largest
  return operation === undefined ? smallest : maxBytes[operation]
}

async function readBytes(ctx: Context, reading: Promise<void>): Promise<Buffer> {
  try {
    await reading
  } catch (error) {
    // The rest of the body would be read as the next request on this connection.
    ctx.set('Connection', 'close')
    throw toRefusal(error)
  }
  const bytes: unknown = ctx.request.body
  if (!Buffer.isBuffer(bytes)) throw new Refusal('MESSAGE_UNREADABLE', { message: 'there is no body' })
  return bytes
}

/**
 * The parser gets a packed body as it is: it only recognises codings in lower case, no raw deflate, and would wait for
 * ever if a till hung up in the middle of a packed body.
 */
async function readPacked(ctx: Context, read: Middleware) {
  const { headers } = ctx.req
  if (headers['content-encoding'] === undefined) return await read(ctx, ignore)
  ctx.req.headers = { ...headers, 'content-encoding': 'identity' }
  const reading = read(ctx, ignore)
  // By now it has read them.
  ctx.req.headers = headers
  await reading
}

/** Nothing comes after the parser. */
async function ignore() {}

/** The parser's error may hold the body, so it is not kept as the cause. */
function toRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error
  const { code, status } = error as { code?: string; status?: number }
  if (isCutOff(code)) return bodyLate()
  if (status === 413)
    return new Refusal('MESSAGE_TOO_LARGE', { message: 'the body is longer than its limit' })
  return new Refusal('MESSAGE_UNREADABLE', { message: 'the body ended early' })
}
