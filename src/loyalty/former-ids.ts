import type { Exchange } from '../exchange.ts'
import type { Journal } from '../journal/journal.ts'
import { redemptionId } from '../model/keys.ts'
import { keyMs } from '../redemptions/redemption.ts'
import type { Timers } from '../time/clock.ts'
import { maskIds, type MaskId, type Ids } from './mask-ids.ts'
import { inTime } from './in-time.ts'

type Deps = { journal: Pick<Journal, 'findRedemption'>; timers: Timers; maskId: MaskId }

/**
 * Covers the ids of a debit or credit that contain its card number. Earlier versions stored them as they were, so for a
 * day after an upgrade the debit is also looked up under the key that they gave it, or a repeat would be taken twice.
 *
 * @param keysOf returns the keys under which the debit of a request may be stored
 * @returns the request itself if nothing of it has to be masked, or if an earlier version stored its debit
 */
export async function maskRequest<Request extends Ids>(
  { journal, timers, maskId }: Deps,
  request: Request,
  keysOf: (request: Request) => (string | undefined)[],
  exchange: Exchange,
): Promise<Request> {
  const masked = maskIds(request, maskId)
  if (masked === request) return request
  const keys = keysOf(masked)
  for (const key of keysOf(request)) {
    if (!key || keys.includes(key)) continue
    const redemption = await inTime(timers, exchange, journal.findRedemption(redemptionId(key, 1)))
    if (redemption && redemption.createdAtMs > exchange.arrivedAtMs - keyMs) return request
  }
  return masked
}
