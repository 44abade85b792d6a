import type { Journal } from '../journal/journal.ts'
import type { Exchange } from '../exchange.ts'
import { redemptionId } from '../model/keys.ts'

/** As long as a key is remembered. */
const rememberedMs = 24 * 60 * 60 * 1000

/**
 * Earlier versions wrote ids that hold a card as they came. For a day after an upgrade a repeat of what they have taken is
 * looked for under its old name, or it would be taken twice.
 * @param keys of the debit, with its ids as the till says them
 */
export async function isKnownByFormerKey(
  journal: Pick<Journal, 'findRedemption'>,
  keys: (string | undefined)[],
  { arrivedAtMs }: Exchange,
): Promise<boolean> {
  for (const key of keys) {
    const known = key && (await journal.findRedemption(redemptionId(key, 1)))
    if (known && known.createdAtMs > arrivedAtMs - rememberedMs) return true
  }
  return false
}
