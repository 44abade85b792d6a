import type { Credentials } from '../model/words.ts'

/**
 * Begins with the whole SHA-256 of the API key: two projects may have the same card number and the same venue id,
 * and nobody can make a key whose answers are another project's.
 */
export function cacheKey({ keyHash }: Credentials, what: string): string {
  return `${keyHash}:${what}`
}
