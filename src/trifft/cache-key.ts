import type { Credentials } from '../model/words.ts'

/**
 * Begins with the whole SHA-256 of the API key: two projects may have the same card numbers and venue ids, and nobody can
 * make up a key that gets another project's answers.
 */
export function cacheKey({ keyHash }: Credentials, what: string): string {
  return `${keyHash}:${what}`
}
