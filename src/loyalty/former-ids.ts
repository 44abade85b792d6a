import type { Journal } from '../journal/journal.ts'
import type { Exchange } from '../exchange.ts'
import { redemptionId } from '../model/keys.ts'

/** As long as a key is remembered. */
const rememberedMs = 24 * 60 * 60 * 1000

/**
 * Earlier versions stored ids that contain a card number as they were. For a day after an upgrade a debit is also
 * looked up under the key that they gave it, or a repeat would be taken twice.
 * @param keys of the debit, with its ids as the till sent them
 */
export async function isStoredUnderFormerKey(
  journal: Pick<Journal, 'findRedemption'>,
  keys: (string | undefined)[],
  { arrivedAtMs }: Exchange,
): Promise<boolean> {
  for (const key of keys) {
    const redemption = key && (await journal.findRedemption(redemptionId(key, 1)))
    if (redemption && redemption.createdAtMs > arrivedAtMs - rememberedMs) return true
  }
  return false
}
