import fc from 'fast-check'
import { aliases } from '../../../src/zonal/dialects/json/fields.ts'
import type { Hostile } from '../fuzz.ts'
import { oddTexts } from '../odd-texts.ts'

const names = fc.oneof(
  fc.constantFrom(...namesOf(aliases)),
  fc.constantFrom('__proto__', 'constructor', 'request', 'method'),
  fc.string(),
)
const values = fc.oneof(fc.jsonValue(), fc.constantFrom(...oddTexts, null), fc.bigInt().map(String))
const messages = fc.oneof(
  fc.dictionary(names, values),
  fc.dictionary(names, fc.dictionary(names, values)),
  fc.jsonValue(),
)

export const hostile: Hostile = {
  mediaTypes: [
    'application/json',
    'text/json; charset=utf-16le',
    'application/x.y+json',
    'application/x-www-form-urlencoded',
    'application/json; charset=klingon',
  ],
  bodies: fc.oneof(
    messages.map((message) => JSON.stringify(message)),
    messages.map((message) => JSON.stringify(message).slice(0, -1)),
    messages.map((message) => new URLSearchParams({ request: JSON.stringify(message) }).toString()),
  ),
  replyType: /^application\/json/,
}

function namesOf(table: object): string[] {
  return Object.entries(table).flatMap(([name, inner]) => [
    name,
    ...(Array.isArray(inner) ? (inner as string[]) : namesOf(inner as object)),
  ])
}
