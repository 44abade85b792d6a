import { isDeepStrictEqual } from 'node:util'
import { isTextOrNumber } from '../../messages/values.ts'

/** Stands for a value that is given twice and differently: no schema accepts it, so the field is unreadable. */
export const contradiction = Symbol('contradiction')

/** @returns what two values of one field say together: the one that says something, or `contradiction` */
export function reconcile(one: unknown, other: unknown): unknown {
  if (isAbsent(other)) return one
  if (isAbsent(one)) return other
  return isSame(one, other) ? one : contradiction
}

/** Nulls and empty texts count as not given. */
export function isAbsent(value: unknown): boolean {
  return value === null || (typeof value === 'string' && value.trim() === '')
}

function isSame(one: unknown, other: unknown): boolean {
  // An id may be a number in one place and a text in the other.
  if (isTextOrNumber(one) && isTextOrNumber(other)) return String(one) === String(other)
  try {
    return isDeepStrictEqual(one, other)
  } catch {
    return false // too deeply nested to compare
  }
}
