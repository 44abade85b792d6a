import type { z } from 'zod'

/** What a reply says: `unread` names fields that could not be read and were left out, each once, never their values. */
export type Reading<T> = { value: T; unread: string[] }

/** `fields` names those without which a reply is of no use; the first few of them. */
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
  /** How many entries could not be read. */
  leftOut: number
}

const mostFields = 5

/**
 * @param spare paths of the fields that we can do without, such as `coupon.points`, each before those that it is in
 * @returns a reader of one object, which leaves out a spare field that does not fit the schema
 */
export function readerOf<T>(schema: z.ZodType<T>, spare: string[] = []): Reader<T> {
  return function read(body) {
    const whole = schema.safeParse(body)
    if (whole.success) return { value: whole.data, unread: [] }
    const problems = pathsOf(whole.error)
    const unread = spare.filter((field) => problems.some((path) => findSpare(path) === field))
    if (problems.some((path) => findSpare(path) === undefined)) throw new Unreadable(firstFew(problems))
    const rest = schema.safeParse(unread.reduce((left, field) => without(left, field.split('.')), body))
    if (!rest.success) throw new Unreadable(firstFew(pathsOf(rest.error)))
    return { value: rest.data, unread }
  }

  function findSpare(path: string): string | undefined {
    return spare.find((field) => path === field || path.startsWith(`${field}.`))
  }
}

/** @returns a reader of a list, which leaves out the entries that cannot be read */
export function listReaderOf<T>(readEntry: Reader<T>): Reader<List<T>> {
  return function readList(body) {
    if (!Array.isArray(body)) throw new Unreadable([wholeBody])
    const entries: T[] = []
    const unread = new Set<string>()
    for (const entry of body)
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

function pathsOf(error: z.ZodError): string[] {
  return error.issues.map(({ path }) => path.join('.') || wholeBody)
}

function firstFew(fields: string[]): string[] {
  return [...new Set(fields)].slice(0, mostFields)
}

function without(value: unknown, [name, ...deeper]: string[]): unknown {
  if (typeof value !== 'object' || value === null || name === undefined) return value
  const { [name]: inner, ...others } = value as Record<string, unknown>
  return deeper.length === 0 ? others : { ...others, [name]: without(inner, deeper) }
}
