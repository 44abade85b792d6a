import type { RawFields } from '../../messages/raw-message.ts'
import { maxEntries } from '../../messages/ticket-lists.ts'
import { isObject } from '../../messages/values.ts'
import { contradiction, isAbsent, reconcile } from './contradiction.ts'
import type { Alias, Names } from './fields.ts'

/** Two spellings of one field with different values; the same spelling twice if a key is repeated. */
export type Clash = { first: string; second: string }

/** Inherits no names. An object without any prototype would be a dictionary to V8, which is slow. */
const Fields = function () {} as unknown as new () => RawFields
Fields.prototype = Object.freeze(Object.create(null))

/**
 * Folds objects into one under our names. Unknown names are left out, including `__proto__` and `constructor`, and so are
 * absent values. A field with two different values becomes `contradiction`; of names that may appear side by side the first
 * in the table is used.
 * @param objects the parts of one message: the outer object, and the one in its `request`
 * @param names how to read them
 */
export function fold(objects: object[], names: Names): RawFields {
  const fields = new Fields()
  /** Ranks of the fields that were not given under the first name in the table. */
  const ranks = new Map<string, number>()
  for (const object of objects)
    for (const [spelling, value] of Object.entries(object)) {
      const alias = findAlias(names, spelling)
      if (alias === undefined || isAbsent(value)) continue
      const { name, rank } = alias
      const rankBefore = fields[name] === undefined ? Infinity : (ranks.get(name) ?? 0)
      if (rank < rankBefore) {
        fields[name] = value
        if (rankBefore !== Infinity || rank > 0) ranks.set(name, rank)
      } else if (rank === rankBefore) fields[name] = reconcile(fields[name], value)
    }
  for (const [name, entryNames] of names.lists)
    if (fields[name] !== undefined) fields[name] = foldList(fields[name], entryNames)
  return fields
}

/**
 * Entries of lists are not examined: there a contradiction only makes the field unreadable, so that one odd line does not
 * cost the whole bill.
 * @param fields what `fold` returned for the same objects
 * @returns the first field that contradicts itself; undefined if there is none
 */
export function findClash(objects: object[], names: Names, fields: RawFields): Clash | undefined {
  const name = Object.keys(fields).find((each) => fields[each] === contradiction)
  if (name === undefined) return undefined

  const given = objects
    .flatMap((object) => Object.entries(object))
    .map(([spelling, value]) => ({ spelling, value, alias: findAlias(names, spelling) }))
    .filter(({ value, alias }) => alias?.name === name && !isAbsent(value))
  const rank = given.reduce((least, { alias }) => Math.min(least, alias?.rank ?? least), Infinity)
  const [first, ...others] = given.filter(({ alias }) => alias?.rank === rank)
  const second = others.find(({ value }) => reconcile(first?.value, value) === contradiction)
  const spelling = first?.spelling ?? name
  return { first: spelling, second: second?.spelling ?? spelling }
}

/** Tries the spelling as it is first, since most need no folding. */
function findAlias({ aliases }: Names, spelling: string): Alias | undefined {
  return aliases.get(spelling) ?? aliases.get(spelling.toLowerCase())
}

/** A till that converts XML to JSON sends a list of one as a single object. A list that is too long is refused later. */
function foldList(list: unknown, names: Names): unknown {
  if (isObject(list)) return [fold([list], names)]
  if (!Array.isArray(list) || list.length > maxEntries) return list
  return list.map((entry: unknown) => (isObject(entry) ? fold([entry], names) : entry))
}
