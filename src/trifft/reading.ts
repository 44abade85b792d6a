import type { z } from 'zod'
import { bounded } from '../observability/bounded.ts'

/** What a reply says. `unread`: names of fields that could not be read and were left out, each once, never their values. */
export type Reading<T> = { value: T; unread: string[] }

/** `fields`: the first few of the fields that make the reply useless. */
export class Unreadable extends Error {
  override name = 'Unreadable'
  readonly fields: string[]

  constructor(fields: string[]) {
    super(`not readable at ${fields.join(', ')}`)
    this.fields = fields
  }
}

/** @throws Unreadable */
export type Reader<T> = (body: unknown) => Reading<T>

export type List<T> = {
  entries: T[]
  /** How many entries could not be read, or come after the last one that is read. */
  leftOut: number
}

const maxFieldsNamed = 5
const maxEntries = 500
/** We read objects three levels deep, and accept no id as long as this text. */
const objectBounds = { text: 200, entries: 100, fields: 1_000, depth: 4 }

/**
 * @param spare paths of fields that we can do without, such as `coupon.points`; an inner one before the one around it
 * @returns a reader of one object. It first cuts texts and leaves out what exceeds the bounds, then leaves out spare fields
 * that do not fit the schema
 */
export function readerOf<T>(schema: z.ZodType<T>, spare: string[] = []): Reader<T> {
  return function read(reply) {
    const body = bounded(reply, objectBounds)
    const parsed = schema.safeParse(body)
    if (parsed.success) return { value: parsed.data, unread: [] }
    const problems = pathsOf(parsed.error)
    const unread = spare.filter((field) => problems.some((path) => findSpare(path) === field))
    if (problems.some((path) => findSpare(path) === undefined)) throw new Unreadable(firstFew(problems))
    const parsedRest = schema.safeParse(unread.reduce((left, field) => without(left, field.split('.')), body))
    if (!parsedRest.success) throw new Unreadable(firstFew(pathsOf(parsedRest.error)))
    return { value: parsedRest.data, unread }
  }

  function findSpare(path: string): string | undefined {
    return spare.find((field) => path === field || path.startsWith(`${field}.`))
  }
}

/** @returns a reader of a list. It leaves out entries that cannot be read, and those after the first 500 */
export function listReaderOf<T>(readEntry: Reader<T>): Reader<List<T>> {
  return function readList(body) {
    if (!Array.isArray(body)) throw new Unreadable([wholeBody])
    const entries: T[] = []
    const unread = new Set<string>()
    if (body.length > maxEntries) unread.add(moreEntries)
    for (const entry of body.slice(0, maxEntries))
      try {
        const read = readEntry(entry)
        entries.push(read.value)
        for (const field of read.unread) unread.add(field)
      } catch (error) {
        if (!(error instanceof Unreadable)) throw error
        unread.add(error.fields[0] ?? wholeBody)
      }
    return { value: { entries, leftOut: body.length - entries.length }, unread: [...unread] }
  }
}

const wholeBody = '(whole body)'
const moreEntries = `(entries after ${maxEntries})`

function pathsOf(error: z.ZodError): string[] {
  return error.issues.map(({ path }) => path.join('.') || wholeBody)
}

function firstFew(fields: string[]): string[] {
  return [...new Set(fields)].slice(0, maxFieldsNamed)
}

function without(value: unknown, [name, ...deeper]: string[]): unknown {
  if (typeof value !== 'object' || value === null || name === undefined) return value
  const { [name]: inner, ...others } = value as Record<string, unknown>
  return deeper.length === 0 ? others : { ...others, [name]: without(inner, deeper) }
}
