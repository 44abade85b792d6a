import type { RawFields } from './raw-message.ts'
import { RequestInvalid } from './request-invalid.ts'

/** A bill has a few dozen lines. Other tills wait while lines are read. */
export const maxEntries = 1_000

/** @throws RequestInvalid for a list that is too long */
export function refuseLongLists(fields: RawFields) {
  for (const [name, value] of Object.entries(fields))
    if (Array.isArray(value) && value.length > maxEntries)
      throw new RequestInvalid(name, `must have at most ${maxEntries} entries`)
}
