import type { z } from 'zod'
import type { RawFields } from './raw-message.ts'
import { RequestInvalid } from './request-invalid.ts'

/**
 * Checks the fields of a message. What a message cannot do without refuses it; any other field that cannot be read is
 * left out, so that a till with one odd field is still served.
 * @param needed fields that refuse the message where they cannot be read, each with what it must be
 * @returns what was read, and the paths of what was left out, without array index (`items.quantity`)
 * @throws RequestInvalid for the first needed field that cannot be read
 */
export function readFields<Schema extends z.ZodObject>(
  schema: Schema,
  fields: RawFields,
  needed: Readonly<Record<string, string>>,
): { read: z.output<Schema>; unreadFields: string[] } {
  const whole = schema.safeParse(fields)
  if (whole.success) return { read: whole.data, unreadFields: [] }
  for (const { path } of whole.error.issues) refuseNeeded(String(path[0]), fields, needed)

  const paths = whole.error.issues.map((issue) => issue.path)
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
