import type { ParameterizedContext } from 'koa'
import { LRUCache } from 'lru-cache'
import type { Loyalty } from '../../loyalty/loyalty.ts'
import type { Caller, Credentials } from '../../model/words.ts'
import type { RawFields } from '../messages/raw-message.ts'
import { readCredentials } from './credentials.ts'
import type { TillState } from './state.ts'

export type ApproveCaller = (ctx: ParameterizedContext<TillState>, fields: RawFields) => Promise<Caller>

/** @returns a function that finds out who has sent a message, and has TRIFFT approve them */
export function createCallerApproval({ approve }: Pick<Loyalty, 'approve'>): ApproveCaller {
  /** Credentials of approved tills, by Authorization header: looking it up is faster than parsing it. */
  const recent = new LRUCache<string, Credentials>({ max: 500 })

  /**
   * @param fields of the message, which may hold the credentials if the header does not
   * @throws Refusal for credentials that are missing, wrong or locked, and for a venue that cannot be approved
   */
  return async function approveCaller(ctx, fields) {
    const { exchange } = ctx.state
    const { authorization } = ctx.req.headers
    const known = authorization && recent.get(authorization)
    const credentials = known || readCredentials(authorization || undefined, fields)
    exchange.hide({ apiKey: credentials.apiKey })
    exchange.facts.venue = credentials.venueId
    exchange.facts.tenant = credentials.tenant
    const caller = { credentials, venue: await approve(credentials, exchange) }
    if (authorization && !known) recent.set(authorization, credentials)
    ctx.state.caller = caller
    exchange.venue = caller.venue
    return caller
  }
}
