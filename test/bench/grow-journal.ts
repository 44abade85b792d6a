import { DatabaseSync } from 'node:sqlite'

/**
 * Fills the journal of a service that is down: half of the rows are tickets that Kafka has, half are redemptions whose
 * OK has left, as after months of business.
 */
export function growJournal(path: string, rows: number) {
  const file = new DatabaseSync(path)
  file.exec(`
    BEGIN;
    CREATE TEMP TABLE numbers AS
      WITH RECURSIVE counted(number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM counted WHERE number < ${rows / 2})
      SELECT number, ${Date.now() - 86_400_000} + number AS at FROM counted;
    INSERT INTO tickets (event_id, fingerprint, taken_at, published_at)
      SELECT ${randomUuid}, hex(randomblob(21)), at, at FROM numbers;
    INSERT INTO redemptions (id, key, attempt, venue, venue_id, card_hash, card_masked, account, kind, reward_id, state,
        created_at, sent_at, confirmed_at, answered_at, changed_at, key_until)
      SELECT ${randomUuid}, '["5b1e","transaction","P-' || number || '"]', 1, '5b1e', '1902', lower(hex(randomblob(32))),
        '*1001', 'P-' || number, 'coupon', 'uc-' || number, 'confirmed', at, at, at, at, at, at + 86400000 FROM numbers;
    COMMIT;
  `)
  const counted = file
    .prepare('SELECT (SELECT count(*) FROM tickets) + (SELECT count(*) FROM redemptions) AS rows')
    .get()
  file.close()
  if (counted?.rows !== rows) throw new Error(`the journal has ${String(counted?.rows)} rows, not ${rows}`)
}

const randomUuid = `lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-' || hex(randomblob(2)) || '-' ||
  hex(randomblob(2)) || '-' || hex(randomblob(6)))`
