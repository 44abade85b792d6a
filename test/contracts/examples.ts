import type { Json } from './documents.ts'

/** `at`: where it stands in its document. */
export type Example = { at: string; value: unknown; schema: Json }

/**
 * Finds examples wherever a document may have them: of media types, parameters and headers, of schemas, and of the
 * messages of AsyncAPI.
 * @param part a document, or a part of it, without references
 */
export function examplesIn(part: unknown, at = '', seen = new Set<unknown>()): Example[] {
  if (typeof part !== 'object' || part === null || seen.has(part)) return []
  seen.add(part)
  const own = isMap(part) ? ownExamples(part, at) : []
  const inside = Object.entries(part).filter(([name]) => name !== 'example' && name !== 'examples')
  return [...own, ...inside.flatMap(([name, value]) => examplesIn(value, `${at}/${name}`, seen))]
}

function ownExamples(part: Json, at: string): Example[] {
  const { example, examples, schema, payload } = part
  if (isMap(payload)) return messageExamples(part, at)
  const of = isMap(schema) ? schema : part
  const named = Array.isArray(examples) ? examples : Object.values(examples ?? {}).map((each) => each?.value)
  const values = example === undefined ? named : [example, ...named]
  return values.map((value: unknown) => ({ at, value, schema: of }))
}

function messageExamples({ examples, payload, traits }: Json, at: string): Example[] {
  const given = Object.values(examples ?? {})
  return given.flatMap((each) => [
    { at: `${at}/payload`, value: each?.payload, schema: payload?.schema ?? {} },
    { at: `${at}/headers`, value: each?.headers, schema: traits?.[0]?.headers ?? {} },
  ])
}

/**
 * A schema that does not forbid other properties lets everything pass that is misspelt or has been forgotten.
 * @returns the paths of properties that a value has and its schema does not name
 */
export function strayProperties(value: unknown, schemas: Json[], at = ''): string[] {
  const parts = schemas.flatMap(partsOf)
  if (Array.isArray(value)) {
    const items = parts.map(({ items }) => items).filter((each) => each !== undefined)
    return value.flatMap((each, index) => strayProperties(each, items, `${at}/${index}`))
  }
  if (!isMap(value) || isOpen(parts)) return []
  return Object.entries(value).flatMap(([name, inner]) => {
    const named = parts.map(({ properties }) => properties?.[name]).filter((each) => each !== undefined)
    return named.length === 0 ? [`${at}/${name}`] : strayProperties(inner, named, `${at}/${name}`)
  })
}

/** A schema and all that it is put together from. */
function partsOf(schema: Json): Json[] {
  const inner = ['allOf', 'anyOf', 'oneOf'].flatMap((word) => Object.values(schema[word] ?? {}))
  return [schema, ...inner.flatMap((each) => (each ? partsOf(each) : []))]
}

/** It says what other properties must be, or it names none at all. */
function isOpen(parts: Json[]): boolean {
  return parts.some((part) => isMap(part.additionalProperties)) || parts.every((part) => !part.properties)
}

function isMap(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
