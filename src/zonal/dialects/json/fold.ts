import type { RawFields } from '../../messages/raw-message.ts'
import { mostEntries } from '../../messages/ticket-lists.ts'
import { isObject } from '../../messages/values.ts'
import { contradiction, isAbsent, reconcile } from './contradiction.ts'
import type { Alias, Names } from './fields.ts'

/** The two spellings of one field whose values differ; the same spelling twice if the very same key is repeated. */
export type Clash = { first: string; second: string }

/**
 * Folds objects into one under our names. Unknown names (`__proto__`, `constructor` and the like among them) stay
 * out, and so do nulls and empty texts, which count as not given. A field with two different values is
 * `contradiction`; of names that may stand side by side the first in the table counts.
 * @param objects parts of one message: the outer one and what is in its `request`
 * @param names how to read them
 */
export function fold(objects: object[], names: Names): RawFields {
  const fields: RawFields = Object.create(null)
  /** Of what counts so far, if it is not the first in the table. */
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
 * Of the message itself, not of the entries in its lists: there a field is only made unreadable, so that one odd line
 * loses no bill.
 * @param fields what `fold` has made of the same objects
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

/** Most tills spell as we do. */
function findAlias({ aliases }: Names, spelling: string): Alias | undefined {
  return aliases.get(spelling) ?? aliases.get(spelling.toLowerCase())
}

/** A till that makes its JSON from XML sends a list of one as a single object. One that is too long is left as it is. */
function foldList(list: unknown, names: Names): unknown {
  if (isObject(list)) return [fold([list], names)]
  if (!Array.isArray(list) || list.length > mostEntries) return list
  return list.map((entry: unknown) => (isObject(entry) ? fold([entry], names) : entry))
}
