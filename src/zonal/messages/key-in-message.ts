import { createSpotter, type Spotter } from '../../model/secret-spotter.ts'
import { credentialFields } from './credential-fields.ts'
import type { RawFields } from './raw-message.ts'
import { RequestInvalid } from './request-invalid.ts'

/** A longer value is refused or left out in any case. */
const maxReadLength = 1024

/**
 * Refuses a message in which the API key was typed into the wrong box: it would get into keys, logs and Kafka.
 * @param fields as a dialect has read them; those for credentials are not examined
 * @throws RequestInvalid `MESSAGE_INVALID` naming the field
 */
export function refuseKeyInFields(fields: RawFields, apiKey: string) {
  const path = findText(fields, createSpotter(apiKey), 0)
  if (path) throw new RequestInvalid(path.join('.'), 'must not hold the API key')
}

const deepest = 8

/** @returns the path of the first text that holds the key, without array index (`items.name`) */
function findText(value: unknown, isSpotted: Spotter, depth: number): string[] | undefined {
  if (typeof value === 'string' || typeof value === 'number') {
    const text = String(value)
    return text.length <= maxReadLength && isSpotted(text) ? [] : undefined
  }
  if (typeof value !== 'object' || value === null || depth > deepest) return undefined
  const isList = Array.isArray(value)
  for (const name of Object.keys(value)) {
    if (depth === 0 && credentialFields.includes(name)) continue
    const path = findText((value as RawFields)[name], isSpotted, isList ? depth : depth + 1)
    if (path) return isList ? path : [name, ...path]
  }
  return undefined
}
