import { Refusal } from '../model/refusal.ts'
import type { Ticket, UnreadMessage } from '../model/words.ts'
import type { Dialect } from './dialect.ts'
import { registeredDialects } from './dialects/registered.ts'
import { findDecoder, readContentEncoding, readContentType, unpack } from './http/decode.ts'
import type { RawMessage, UnknownMessage } from './messages/raw-message.ts'
import { parseTicket, type TicketSettings } from './messages/ticket-message.ts'

/** No till waits, so what was too long for the service may be read here. */
const maxBytes = 64 * 1024 ** 2

/** Earlier versions did not note the dialect: there was one. */
const formerDialect = 'json'

/**
 * Reads a ticket that was kept because it could not be read, with the current code and settings, but with a limit of 64 MiB
 * instead of the service's. Any dialect that claims it today may be the right one: each is tried, beginning with the one in
 * which it was answered.
 * @throws Refusal that says why it cannot be read
 */
export async function readKeptTicket(
  message: UnreadMessage,
  settings: TicketSettings,
  dialects: readonly Dialect[] = registeredDialects,
): Promise<Ticket> {
  const { mediaType } = readContentType(message.contentType)
  const { path: keptPath = ticketPath, dialect: name = formerDialect } = message
  const inOrder = dialects.toSorted((one, other) => Number(other.name === name) - Number(one.name === name))
  const text = await decodeKept(message)
  let reason: Refusal | undefined
  for (const path of new Set([ticketPath, keptPath]))
    for (const dialect of inOrder) {
      if (!dialect.claims({ path, mediaType })) continue
      try {
        return readTicket(dialect.read({ path, mediaType, text }), message, settings)
      } catch (error) {
        if (!(error instanceof Refusal)) throw error
        reason ??= error
      }
    }
  throw reason ?? new Refusal('MEDIA_TYPE_UNSUPPORTED')
}

/** A message that was sent to the base path was kept since it may be a ticket, so it is read as one. */
const ticketPath = 'ticket'

function readTicket(
  read: RawMessage | UnknownMessage,
  { venue }: UnreadMessage,
  settings: TicketSettings,
): Ticket {
  if (read.operation === undefined) throw read.problem
  if (read.problem) throw read.problem
  return parseTicket(read, venue, settings).ticket
}

/**
 * @returns the message as text, in the charset that it names
 * @throws Refusal for an unknown charset or packing
 */
export async function decodeKept({
  contentType,
  contentEncoding = '',
  base64,
}: UnreadMessage): Promise<string> {
  const decode = findDecoder(readContentType(contentType).charset)
  if (!decode) throw new Refusal('MEDIA_TYPE_UNSUPPORTED')
  return decode(await unpack(Buffer.from(base64, 'base64'), readContentEncoding(contentEncoding), maxBytes))
}
