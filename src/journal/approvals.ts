import type { Credentials } from '../model/words.ts'
import { textOrUndefined } from './row-values.ts'
import type { Approval } from './journal.ts'
import { get, run, type Work } from './work.ts'

/**
 * The venues and keys that the core has approved, so that a restart while it is down refuses nobody, and nobody is
 * locked out because others guess. An approval may be up to 60 days old; the caller decides whether it is still good.
 */
export function createApprovals(hashApiKey: (apiKey: string) => string) {
  return {
    *find({ venueId, apiKey }: Pick<Credentials, 'venueId' | 'apiKey'>): Work<Approval | undefined> {
      const row = yield* get('SELECT * FROM venues WHERE venue_id = :venueId AND api_key_hash = :hash', {
        venueId,
        hash: hashApiKey(apiKey),
      })
      if (!row) return undefined
      return {
        venue: { id: venueId, coreId: String(row.core_id), currency: textOrUndefined(row.currency) },
        approvedAtMs: Number(row.approved_at),
      }
    },

    *keep(apiKey: string, { venue, approvedAtMs }: Approval): Work<void> {
      yield* run(
        `INSERT INTO venues VALUES (:venueId, :hash, :coreId, :currency, :approvedAtMs)
         ON CONFLICT (venue_id, api_key_hash) DO UPDATE SET core_id = :coreId, currency = :currency, approved_at = :approvedAtMs`,
        {
          venueId: venue.id,
          hash: hashApiKey(apiKey),
          coreId: venue.coreId,
          currency: venue.currency ?? null,
          approvedAtMs,
        },
      )
    },

    *drop({ venueId, apiKey }: Pick<Credentials, 'venueId' | 'apiKey'>): Work<void> {
      yield* run('DELETE FROM venues WHERE venue_id = :venueId AND api_key_hash = :hash', {
        venueId,
        hash: hashApiKey(apiKey),
      })
    },
  }
}
