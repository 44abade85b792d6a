import type { z } from 'zod'
import type { RawFields } from './raw-message.ts'
import { RequestInvalid } from './request-invalid.ts'

/**
 * Checks the fields of a message. If one that the message cannot do without is unreadable, the message is refused; any other
 * unreadable field is left out, so that one odd field does not cost a till its answer.
 * @param needed the fields that the message cannot do without, each with what it must be
 * @returns what was read, and the paths of the fields that were left out, without array index (`items.quantity`)
 * @throws RequestInvalid for the first needed field that cannot be read
 */
export function readFields<Schema extends z.ZodObject>(
  schema: Schema,
  fields: RawFields,
  needed: Readonly<Record<string, string>>,
): { read: z.output<Schema>; unreadFields: string[] } {
  const parsed = schema.safeParse(fields)
  if (parsed.success) return { read: parsed.data, unreadFields: [] }
  for (const { path } of parsed.error.issues) refuseNeeded(String(path[0]), fields, needed)

  const paths = parsed.error.issues.map((issue) => issue.path)
  const unreadFields = paths.map((path) => path.filter((part) => typeof part === 'string').join('.'))
  return { read: schema.parse(withoutPaths(fields, paths)), unreadFields }
}

function refuseNeeded(field: string, fields: RawFields, needed: Readonly<Record<string, string>>) {
  const problem = needed[field]
  if (problem === undefined) return
  if (fields[field] === undefined) throw new RequestInvalid(field, 'is missing')
  throw new RequestInvalid(field, problem, field === 'cardNumber' ? 'CARD_INVALID' : 'MESSAGE_INVALID')
}

type Path = readonly PropertyKey[]

function withoutPaths(fields: object, paths: Path[]): object {
  const pathsByName = Map.groupBy(paths, (path) => String(path[0]))
  const kept = Object.entries(fields).flatMap(([name, value]: [string, unknown]) => {
    const inside = pathsByName.get(name)?.map((path) => path.slice(1))
    if (inside === undefined) return [[name, value] as const]
    if (inside.some((path) => path.length === 0) || typeof value !== 'object' || value === null) return []
    return [[name, withoutPaths(value, inside)] as const]
  })
  return Array.isArray(fields) ? kept.map(([, value]) => value) : Object.fromEntries(kept)
}
