import { createSpotter, type Spotter } from '../../model/secret-spotter.ts'
import { credentialFields } from './credential-fields.ts'
import type { RawFields } from './raw-message.ts'
import { RequestInvalid } from './request-invalid.ts'

/** A longer value is refused or left out in any case. */
const longestRead = 1024

/**
 * Refuses a message in which the API key was typed into the wrong box: it would get into keys, logs and Kafka.
 * @param fields as a dialect has read them; those for credentials are not examined
 * @throws RequestInvalid `MESSAGE_INVALID` naming the field
 */
export function refuseKeyInFields(fields: RawFields, apiKey: string) {
  const field = findText(fields, createSpotter(apiKey), [])
  if (field) throw new RequestInvalid(field, 'must not hold the API key')
}

/** @returns the path of the first text that holds the key, without array index (`items.name`) */
function findText(fields: object, isSpotted: Spotter, path: string[]): string | undefined {
  for (const [name, value] of Object.entries(fields) as [string, unknown][]) {
    if (path.length === 0 && credentialFields.includes(name)) continue
    const inner = Array.isArray(fields) ? path : [...path, name]
    if (typeof value === 'string' || typeof value === 'number') {
      const text = String(value)
      if (text.length <= longestRead && isSpotted(text)) return inner.join('.')
    } else if (typeof value === 'object' && value !== null) {
      const found = inner.length > 8 ? undefined : findText(value, isSpotted, inner)
      if (found) return found
    }
  }
  return undefined
}
