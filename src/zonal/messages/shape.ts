import { z } from 'zod'
import { isObject } from './values.ts'

/** @returns undefined for a value that does not fit */
export type Read<T> = (value: unknown) => T | undefined

/** By definition, which a schema has in common with its described copies. */
const readers = new WeakMap<object, Read<unknown>>()

/**
 * Gives a schema a plain function that reads the same values. zod took most of the time of a ticket, since it makes an
 * object for each alternative of each field. So the schema is what the contracts say, and the function is what runs.
 */
export function shape<Schema extends z.ZodType>(schema: Schema, read: Read<z.output<Schema>>): Schema {
  readers.set(schema.def, read)
  return schema
}

/** @throws Error for a schema that was not made by `shape` */
export function shapeReaderOf<T>(schema: z.ZodType<T>): Read<T> {
  const read = readers.get(schema.def)
  if (!read) throw new Error('a field without a shape')
  return read as Read<T>
}

/**
 * Reads an object, and leaves out what does not fit.
 * @param unread receives the paths of fields that do not fit or are missing, without array index (`items.quantity`)
 */
type ReadObject<T> = (given: object, unread: Set<string>) => T

/** @returns a reader of objects whose fields are shapes, or lists of such objects */
export function objectReaderOf<Schema extends z.ZodObject>(
  schema: Schema,
  path = '',
): ReadObject<z.output<Schema>> {
  const fields = Object.entries(schema.shape).map(([name, given]) => {
    const isOptional = given instanceof z.ZodOptional
    const field = (isOptional ? given.unwrap() : given) as z.ZodType
    const isList = field instanceof z.ZodArray
    const readList = isList ? shapeListReaderOf(field.element as z.ZodObject, `${path}${name}`) : undefined
    return { name, path: path + name, isOptional, read: readList ?? shapeReaderOf(field) }
  })

  return function readObject(given, unread) {
    const found: Record<string, unknown> = {}
    for (const { name, path, isOptional, read } of fields) {
      const value = (given as Record<string, unknown>)[name]
      if (value === undefined && isOptional) continue
      const one = read(value, unread)
      if (one === undefined) unread.add(path)
      else found[name] = one
    }
    return found as z.output<Schema>
  }
}

function shapeListReaderOf(element: z.ZodObject, path: string) {
  const readEntry = objectReaderOf(element, `${path}.`)
  return function readList(list: unknown, unread: Set<string>): unknown[] | undefined {
    if (!Array.isArray(list)) return undefined
    const entries: unknown[] = []
    for (const entry of list)
      if (isObject(entry)) entries.push(readEntry(entry, unread))
      else unread.add(path)
    return entries
  }
}
