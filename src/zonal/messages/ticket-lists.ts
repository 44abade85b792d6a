import type { RawFields } from './raw-message.ts'
import { RequestInvalid } from './request-invalid.ts'
import { isObject, isTextOrNumber } from './values.ts'

/** A bill has a few dozen lines. Other tills wait while lines are read. */
export const maxEntries = 1_000

/**
 * Limits what the schema has to check, since reporting thousands of wrong fields takes it long. No field of an entry holds
 * an object or a list, so one that does is left out here.
 * @param unread receives the paths of the fields that were left out, without array index (`items.quantity`)
 * @throws RequestInvalid for a list that is too long
 */
export function boundLists(fields: RawFields, unread: Set<string>): RawFields {
  const bounded = { ...fields }
  for (const [name, value] of Object.entries(fields)) {
    if (!Array.isArray(value)) continue
    if (value.length > maxEntries) throw new RequestInvalid(name, `must have at most ${maxEntries} entries`)
    bounded[name] = value.map((entry: unknown) => dropOddFields(name, entry, unread))
  }
  return bounded
}

function dropOddFields(list: string, entry: unknown, unread: Set<string>): unknown {
  if (!isObject(entry)) return entry
  const given = Object.entries(entry)
  const read = given.filter(([, value]) => isScalar(value))
  if (read.length === given.length) return entry
  for (const [field, value] of given) if (!isScalar(value)) unread.add(`${list}.${field}`)
  return Object.fromEntries(read)
}

function isScalar(value: unknown): boolean {
  return isTextOrNumber(value) || typeof value === 'boolean'
}
