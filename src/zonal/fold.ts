import { isDeepStrictEqual } from 'node:util'
import type { Names } from './fields.ts'

/** Fields under our names, without a prototype. What they hold is as it came: unchecked. */
export type RawFields = Record<string, unknown>

/** Two spellings of one field with different values. */
export type Clash = { first: string; second: string }

/** Stands for a value that is given twice and differently: no schema takes it, so the field is unreadable. */
const contradiction = Symbol('contradiction')

/**
 * Folds objects into one under our names. Unknown names (`__proto__`, `constructor` and the like among them) stay
 * out, and so do nulls and empty texts, which count as not given.
 * @param objects parts of one message: the outer one and what is in its `request`
 * @param names how to read them
 * @param onClash called for a field with two different values; inside the lists of a ticket such a field is only
 *   made unreadable, so that one odd line loses no bill
 */
export function fold(objects: object[], names: Names, onClash: (clash: Clash) => void): RawFields {
  const fields: RawFields = Object.create(null)
  for (const object of objects)
    for (const [spelling, value] of Object.entries(object)) {
      const name = findName(names, spelling)
      if (name === undefined || isAbsent(value)) continue
      const before = fields[name]
      if (before === undefined) fields[name] = value
      else if (!isSame(before, value)) {
        onClash({ first: findFirst(objects, names, name), second: spelling })
        fields[name] = contradiction
      }
    }
  for (const [name, entryNames] of names.lists)
    if (fields[name] !== undefined) fields[name] = foldList(fields[name], entryNames)
  return fields
}

/** Most tills spell as we do. */
function findName({ canonical }: Names, spelling: string): string | undefined {
  return canonical.get(spelling) ?? canonical.get(spelling.toLowerCase())
}

function findFirst(objects: object[], names: Names, name: string): string {
  const given = objects.flatMap((object) => Object.entries(object))
  const [first = name] =
    given.find(([spelling, value]) => findName(names, spelling) === name && !isAbsent(value)) ?? []
  return first
}

export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function foldList(list: unknown, names: Names): unknown {
  if (!Array.isArray(list)) return list
  return list.map((entry: unknown) => (isObject(entry) ? fold([entry], names, () => undefined) : entry))
}

function isAbsent(value: unknown): boolean {
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

export function isTextOrNumber(value: unknown): value is string | number {
  return typeof value === 'string' || typeof value === 'number'
}
