import { isDeepStrictEqual } from 'node:util'
import { isTextOrNumber } from '../../messages/values.ts'

/** Replaces a value that is given twice and differs. No schema accepts it, so the field is unreadable. */
export const contradiction = Symbol('contradiction')

/** @returns the one value that two occurrences of a field agree on, or `contradiction`; an absent one agrees with any */
export function reconcile(one: unknown, other: unknown): unknown {
  if (isAbsent(other)) return one
  if (isAbsent(one)) return other
  return isSame(one, other) ? one : contradiction
}

/** Nulls and empty texts count as absent. */
export function isAbsent(value: unknown): boolean {
  return value === null || (typeof value === 'string' && value.trim() === '')
}

function isSame(one: unknown, other: unknown): boolean {
  // An id may be a number in one occurrence and a text in the other.
  if (isTextOrNumber(one) && isTextOrNumber(other)) return String(one) === String(other)
  try {
    return isDeepStrictEqual(one, other)
  } catch {
    return false // nested too deeply to be compared
  }
}
