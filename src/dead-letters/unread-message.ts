import { Refusal } from '../model/refusal.ts'
import type { UnreadMessage, Ticket } from '../model/words.ts'
import { decodeKept, readKeptTicket } from '../zonal/kept-ticket.ts'
import type { TicketSettings } from '../zonal/messages/ticket-message.ts'

/** It cannot be sent, and is kept: the message says why. */
export class DeadLetterStays extends Error {
  override name = 'DeadLetterStays'
}

/**
 * Reads a message as the service does, with the current code and settings, but with a higher size limit.
 * @throws DeadLetterStays with the reason why it cannot be read
 */
export async function readAgain(message: UnreadMessage, settings: TicketSettings): Promise<Ticket> {
  if (message.cut)
    throw new DeadLetterStays('it cannot be read: only its beginning was kept. Ask the venue for the bill')
  try {
    return await readKeptTicket(message, settings)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    throw new DeadLetterStays(
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
  const text = await decodeKept(message).catch(() => Buffer.from(message.base64, 'base64').toString())
  const oddCharacters = text.match(/[\0-\x08\x0e-\x1f\ufffd]/g)?.length ?? 0
  return oddCharacters > text.length / 10 ? undefined : text
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

function explain(
  { code, detail, message }: Refusal,
  { contentType, contentEncoding }: UnreadMessage,
): string {
  if (code !== 'MEDIA_TYPE_UNSUPPORTED') return detail ?? message
  const encoding = contentEncoding ? ` encoded as ${contentEncoding}` : ''
  return `"${contentType}"${encoding} is not supported`
}
