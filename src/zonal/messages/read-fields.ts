import type { z } from 'zod'
import type { RawFields } from './raw-message.ts'
import { RequestInvalid } from './request-invalid.ts'
import { objectReaderOf } from './shape.ts'

/**
 * @returns a function that checks the fields of a message. If one that the message cannot do without is unreadable, the
 *   message is refused; any other unreadable field is left out, so that one odd field does not cost a till its answer.
 *   `needed`: the fields that the message cannot do without, each with what it must be. It returns what was read, and the
 *   paths of the fields that were left out, each once, without array index (`items.quantity`). It throws RequestInvalid for
 *   the first needed field that cannot be read
 */
export function createFieldReader<Schema extends z.ZodObject>(schema: Schema) {
  const readObject = objectReaderOf(schema)

  return function readFields(
    fields: RawFields,
    needed: Readonly<Record<string, string>>,
  ): { read: z.output<Schema>; unread: Set<string> } {
    const unread = new Set<string>()
    const read = readObject(fields, unread)
    for (const field of unread) refuseNeeded(field, fields, needed)
    return { read, unread }
  }
}

function refuseNeeded(field: string, fields: RawFields, needed: Readonly<Record<string, string>>) {
  const problem = needed[field]
  if (problem === undefined) return
  if (fields[field] === undefined) throw new RequestInvalid(field, 'is missing')
  throw new RequestInvalid(field, problem, field === 'cardNumber' ? 'CARD_INVALID' : 'MESSAGE_INVALID')
}
