import type { ParameterizedContext } from 'koa'
import type { Loyalty } from '../../loyalty/loyalty.ts'
import type { Caller } from '../../model/words.ts'
import type { RawFields } from '../messages/raw-message.ts'
import { readCredentials } from './credentials.ts'
import type { TillState } from './state.ts'

/**
 * Finds out who has sent a message, and has TRIFFT approve them.
 * @param fields of the message, which may hold the credentials if the header does not
 * @throws Refusal for credentials that are missing, wrong or locked, and for a venue that cannot be approved
 */
export async function approveCaller(
  ctx: ParameterizedContext<TillState>,
  fields: RawFields,
  { approve }: Pick<Loyalty, 'approve'>,
): Promise<Caller> {
  const { exchange } = ctx.state
  const credentials = readCredentials(ctx.get('authorization') || undefined, fields)
  exchange.secrets.apiKey = credentials.apiKey
  exchange.facts.venue = credentials.venueId
  exchange.facts.tenant = credentials.tenant
  const caller = { credentials, venue: await approve(credentials, exchange) }
  ctx.state.caller = caller
  return caller
}
