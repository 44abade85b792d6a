import { toCredentials } from '../../model/keys.ts'
import { Refusal } from '../../model/refusal.ts'
import type { Credentials } from '../../model/words.ts'
import type { RawFields } from '../messages/raw-message.ts'
import { isTextOrNumber } from '../messages/values.ts'
import { createSpotter } from '../../model/secret-spotter.ts'

const venueIdPattern = /^[A-Za-z0-9_-]{1,64}$/
const apiKeyPattern = /^[\x21-\x7e]{8,512}$/

/**
 * HTTP Basic: the user name is the Aztec venue ID, the password the TRIFFT API key. Without the header, `username` (or
 * `token`) and `password` of the message are used.
 * @param authorization the header as it came; undefined if there is none
 * @throws Refusal `CREDENTIALS_MISSING` if there are none or the header cannot be read, `CREDENTIALS_WRONG` if they are
 *   malformed, so that TRIFFT need not be asked
 */
export function readCredentials(authorization: string | undefined, fields: RawFields): Credentials {
  const pair = authorization === undefined ? readFields(fields) : readBasic(authorization)
  if (!pair) {
    const message =
      authorization === undefined ? 'no credentials were sent' : 'the Authorization header cannot be read'
    throw new Refusal('CREDENTIALS_MISSING', { message })
  }
  const { venueId, apiKey } = pair
  if (!venueIdPattern.test(venueId))
    throw new Refusal('CREDENTIALS_WRONG', { message: 'the venue ID is malformed' })
  if (!apiKeyPattern.test(apiKey))
    throw new Refusal('CREDENTIALS_WRONG', { message: 'the API key is malformed' })
  // The key was typed into both boxes. As a venue ID it would get into logs and addresses.
  if (createSpotter(apiKey)(venueId))
    throw new Refusal('CREDENTIALS_WRONG', { message: 'the venue ID is the API key' })
  return toCredentials(venueId, apiKey)
}

type Pair = { venueId: string; apiKey: string }

/** RFC 7617: the password is everything after the first colon. */
function readBasic(authorization: string): Pair | undefined {
  const [, base64] = /^\s*Basic +([A-Za-z0-9+/]+={0,2})\s*$/i.exec(authorization) ?? []
  const text = Buffer.from(base64 ?? '', 'base64').toString()
  const colon = text.indexOf(':')
  return colon < 0 ? undefined : { venueId: text.slice(0, colon), apiKey: text.slice(colon + 1) }
}

function readFields({ username, token, password }: RawFields): Pair | undefined {
  const venueId = username ?? token
  if (venueId === undefined || password === undefined) return undefined
  return { venueId: toText(venueId), apiKey: toText(password) }
}

/** A venue ID may be a number. Anything else but a text becomes one that matches no pattern. */
function toText(value: unknown): string {
  return isTextOrNumber(value) ? String(value) : ''
}
