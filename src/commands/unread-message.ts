import { Refusal } from '../model/refusal.ts'
import type { UnreadMessage, Ticket } from '../model/words.ts'
import { readContentEncoding, readContentType, unpack } from '../zonal/http/decode.ts'
import { readRequest } from '../zonal/dialects/json/read-request.ts'
import { parseTicket, type TicketSettings } from '../zonal/messages/ticket-message.ts'
import { CommandFailed } from './command.ts'

/** No till is waiting, so messages that were too long for the service can be read here. */
const maxBytes = 64 * 1024 ** 2

/**
 * Reads a message as the service does, with the current code and settings, but a higher limit of its length.
 * @throws CommandFailed with the reason why it cannot be read
 */
export async function readAgain(message: UnreadMessage, settings: TicketSettings): Promise<Ticket> {
  if (message.cut)
    throw new CommandFailed('it cannot be read: only its beginning was kept. Ask the venue for the bill')
  try {
    const text = await decode(message)
    const { contentType, venue } = message
    const { fields, clash } = readRequest({ operationInPath: 'ticket', contentType, text })
    if (clash) throw clash
    return parseTicket(fields, venue, settings).ticket
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    throw new CommandFailed(
      `it still cannot be read: ${explain(error, message)}. It is kept: send it once this version, or a later one, can read it`,
      { cause: error },
    )
  }
}

/**
 * @returns a message as text, in the charset that it names, else as UTF-8 with replacement characters; undefined if it
 * is not text
 */
export async function readableText(message: UnreadMessage): Promise<string | undefined> {
  const text = await decode(message).catch(() => Buffer.from(message.base64, 'base64').toString())
  const unreadable = text.match(/[\0-\x08\x0e-\x1f\ufffd]/g)?.length ?? 0
  return unreadable > text.length / 10 ? undefined : text
}

/** @returns the rows of a table that describe what was kept of a message */
export function describeMessage({ contentType, contentEncoding, base64, cut }: UnreadMessage): string[][] {
  const keptBytes = Buffer.byteLength(base64, 'base64')
  return [
    ['type', contentType || '-'],
    ...(contentEncoding ? [['encoding', contentEncoding]] : []),
    [
      'length',
      cut ? `${cut.totalBytes} bytes, of which the first ${keptBytes} are kept` : `${keptBytes} bytes`,
    ],
    ...(cut ? [['sha256', cut.sha256]] : []),
  ]
}

async function decode({ contentType, contentEncoding = '', base64 }: UnreadMessage): Promise<string> {
  const toText = readContentType(contentType)
  return toText(await unpack(Buffer.from(base64, 'base64'), readContentEncoding(contentEncoding), maxBytes))
}

function explain({ code, detail }: Refusal, { contentType, contentEncoding }: UnreadMessage): string {
  if (code === 'MESSAGE_UNREADABLE') return 'it is neither JSON nor a form that holds JSON'
  if (code !== 'MEDIA_TYPE_UNSUPPORTED') return detail ?? code
  const encoding = contentEncoding ? ` encoded as ${contentEncoding}` : ''
  return `"${contentType}"${encoding} is not supported`
}
