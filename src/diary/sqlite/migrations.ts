import { createIndex, indexes } from '../entry.ts'

/** Each runs once, in order. Add another instead of changing one; one only adds what the release before does not need. */
export const migrations = [
  `
  CREATE TABLE entries (
    id             INTEGER PRIMARY KEY,
    at             INTEGER NOT NULL,
    message        TEXT NOT NULL,
    code           TEXT NOT NULL,
    venue_id       TEXT NOT NULL,
    venue          TEXT,
    tenant         TEXT,
    account        TEXT,
    card_hash      TEXT,
    card_masked    TEXT,
    ticket_id      TEXT,
    transaction_id TEXT,
    request_id     TEXT,
    redemption_id  TEXT,
    event_id       TEXT,
    replica        TEXT NOT NULL,
    facts          TEXT NOT NULL
  ) STRICT;
  ${createIndexes(indexes)}
  `,
  // It began with the venue, so that a bill's number was looked for at each venue.
  `DROP INDEX entries_by_bill; ${createIndexes(indexes.filter(([name]) => name === 'by_bill'))}`,
]

function createIndexes(some: typeof indexes): string {
  return some.map((index) => createIndex('entries', 'entries', index)).join('\n  ')
}
