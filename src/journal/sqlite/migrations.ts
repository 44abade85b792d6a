/** Each runs once, in order, in its own transaction. Never change the SQL of one that was released: add another. */
export const migrations = [
  `
  CREATE TABLE redemptions (
    id            TEXT PRIMARY KEY,
    key           TEXT NOT NULL,
    attempt       INTEGER NOT NULL,
    venue         TEXT NOT NULL,
    venue_id      TEXT NOT NULL,
    card_hash     TEXT NOT NULL,
    card_masked   TEXT NOT NULL,
    account       TEXT,
    kind          TEXT CHECK (kind IN ('coupon', 'points')),
    reward_id     TEXT,
    points        INTEGER,
    state         TEXT NOT NULL CHECK (state IN
                    ('sent', 'not_done', 'refused', 'confirmed', 'credited', 'in_doubt', 'reversed', 'stuck')),
    moved         TEXT,
    refused_with  TEXT,
    undo_by       TEXT CHECK (undo_by IN ('till', 'doubt')),
    undo_number   INTEGER NOT NULL DEFAULT 1,
    undo_calls    INTEGER NOT NULL DEFAULT 0,
    undo_tries    INTEGER NOT NULL DEFAULT 0,
    undo_last     TEXT,
    undo_since    INTEGER,
    credit_key    TEXT,
    given_back    TEXT,
    sealed        BLOB,
    seal_key      TEXT,
    created_at    INTEGER NOT NULL,
    sent_at       INTEGER,
    due_at        INTEGER,
    confirmed_at  INTEGER,
    answered_at   INTEGER,
    changed_at    INTEGER NOT NULL,
    key_until     INTEGER NOT NULL,
    settled_by    TEXT,
    settled_why   TEXT,
    UNIQUE (key, attempt)
  ) STRICT;
  CREATE INDEX redemptions_by_bill ON redemptions (venue, account, card_hash);
  CREATE INDEX redemptions_by_coupon ON redemptions (card_hash, reward_id) WHERE reward_id IS NOT NULL;
  CREATE INDEX redemptions_by_credit ON redemptions (credit_key) WHERE credit_key IS NOT NULL;
  CREATE INDEX redemptions_due ON redemptions (due_at) WHERE due_at IS NOT NULL;
  CREATE INDEX redemptions_open ON redemptions (state) WHERE state IN ('sent', 'in_doubt', 'stuck');

  -- A coupon that was debited again under another transaction id is the same redemption: both ids find it.
  CREATE TABLE redemption_aliases (
    key           TEXT PRIMARY KEY,
    redemption_id TEXT NOT NULL,
    created_at    INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE tickets (
    sequence      INTEGER PRIMARY KEY AUTOINCREMENT,
    event_id      TEXT NOT NULL UNIQUE,
    fingerprint   TEXT NOT NULL,
    kafka_key     TEXT,
    sealed        BLOB,
    seal_key      TEXT,
    taken_at      INTEGER NOT NULL,
    published_at  INTEGER
  ) STRICT;
  CREATE INDEX tickets_waiting ON tickets (sequence) WHERE published_at IS NULL;

  CREATE TABLE dead_letters (
    id            TEXT PRIMARY KEY,
    kind          TEXT NOT NULL CHECK (kind IN ('message', 'ticket')),
    venue_id      TEXT NOT NULL,
    reason        TEXT NOT NULL,
    sealed        BLOB NOT NULL,
    seal_key      TEXT NOT NULL,
    created_at    INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE venues (
    venue_id      TEXT NOT NULL,
    api_key_hash  TEXT NOT NULL,
    core_id       TEXT NOT NULL,
    currency      TEXT,
    approved_at   INTEGER NOT NULL,
    PRIMARY KEY (venue_id, api_key_hash)
  ) STRICT;

  CREATE TABLE budget (
    scope         TEXT PRIMARY KEY,
    free_at       TEXT NOT NULL DEFAULT '[]',
    blocked_until INTEGER
  ) STRICT;
  CREATE TABLE starts (
    only          INTEGER PRIMARY KEY CHECK (only = 1),
    is_clean      INTEGER NOT NULL
  ) STRICT;
  `,
  `
  ALTER TABLE redemptions ADD COLUMN settled_at INTEGER;

  -- Finds expired rows without scanning the others. Open rows never expire.
  CREATE INDEX redemptions_final ON redemptions (changed_at)
    WHERE due_at IS NULL AND state NOT IN ('sent', 'in_doubt', 'stuck');
  CREATE INDEX redemption_aliases_by_age ON redemption_aliases (created_at);
  CREATE INDEX tickets_published ON tickets (published_at) WHERE published_at IS NOT NULL;
  CREATE INDEX dead_letters_by_age ON dead_letters (created_at);
  CREATE INDEX venues_by_age ON venues (approved_at);

  -- The service checks at its start which keys are needed.
  CREATE INDEX redemptions_sealed ON redemptions (seal_key) WHERE seal_key IS NOT NULL;
  CREATE INDEX tickets_sealed ON tickets (seal_key) WHERE seal_key IS NOT NULL;

  -- Counted by triggers, so that no statement of any process can miss it.
  CREATE TABLE dead_letter_totals (
    only          INTEGER PRIMARY KEY CHECK (only = 1),
    letters       INTEGER NOT NULL,
    bytes         INTEGER NOT NULL
  ) STRICT;
  INSERT INTO dead_letter_totals SELECT 1, count(*), coalesce(sum(length(sealed)), 0) FROM dead_letters;
  CREATE TRIGGER dead_letter_kept AFTER INSERT ON dead_letters BEGIN
    UPDATE dead_letter_totals SET letters = letters + 1, bytes = bytes + length(new.sealed);
  END;
  CREATE TRIGGER dead_letter_gone AFTER DELETE ON dead_letters BEGIN
    UPDATE dead_letter_totals SET letters = letters - 1, bytes = bytes - length(old.sealed);
  END;
  `,
  `
  -- Open rows have a due time or are stuck, and only open rows are sealed, so one index serves all queries for them. A
  -- ticket that no longer waits but is still sealed has a broken seal, which no key opens.
  DROP INDEX redemptions_due;
  DROP INDEX redemptions_open;
  DROP INDEX redemptions_sealed;
  DROP INDEX tickets_sealed;
  CREATE INDEX redemptions_open ON redemptions (due_at) WHERE due_at IS NOT NULL OR state = 'stuck';
  `,
  `
  -- A redemption goes out with one ticket. A ticket that names it takes it over from one that was found by its bill.
  ALTER TABLE redemptions ADD COLUMN ticket_key TEXT;
  ALTER TABLE redemptions ADD COLUMN is_named_by_ticket INTEGER NOT NULL DEFAULT 0;
  CREATE INDEX redemptions_by_ticket ON redemptions (ticket_key) WHERE ticket_key IS NOT NULL;
  `,
  `
  -- When the service last ran, to notice a clock that went back while it was down.
  CREATE TABLE clock (
    only          INTEGER PRIMARY KEY CHECK (only = 1),
    seen_at       INTEGER
  ) STRICT;
  INSERT INTO clock VALUES (1, NULL);
  `,
  `
  -- Identifies the API key: two projects may have the same card number and coupon id. NULL in rows of earlier versions.
  ALTER TABLE redemptions ADD COLUMN tenant TEXT;
  `,
  `
  -- TRIFFT's id of the venue that sent the message; NULL in rows of earlier versions, and for tickets that Kafka has
  -- refused.
  ALTER TABLE dead_letters ADD COLUMN venue TEXT;

  -- How much room the dead letters of each venue use. Counted by triggers, like the totals.
  CREATE TABLE dead_letter_venues (
    venue         TEXT PRIMARY KEY,
    bytes         INTEGER NOT NULL
  ) STRICT;
  CREATE TRIGGER dead_letter_kept_of_venue AFTER INSERT ON dead_letters WHEN new.venue IS NOT NULL BEGIN
    INSERT INTO dead_letter_venues VALUES (new.venue, length(new.sealed))
      ON CONFLICT (venue) DO UPDATE SET bytes = bytes + excluded.bytes;
  END;
  CREATE TRIGGER dead_letter_gone_of_venue AFTER DELETE ON dead_letters WHEN old.venue IS NOT NULL BEGIN
    UPDATE dead_letter_venues SET bytes = bytes - length(old.sealed) WHERE venue = old.venue;
    DELETE FROM dead_letter_venues WHERE venue = old.venue AND bytes <= 0;
  END;
  `,
  `
  -- How much room the waiting tickets of each venue use; venue is TRIFFT's id, and NULL in rows of earlier versions.
  ALTER TABLE tickets ADD COLUMN venue TEXT;
  CREATE TABLE ticket_venues (
    venue         TEXT PRIMARY KEY,
    bytes         INTEGER NOT NULL
  ) STRICT;
  CREATE TRIGGER ticket_kept_of_venue AFTER INSERT ON tickets WHEN new.venue IS NOT NULL BEGIN
    INSERT INTO ticket_venues VALUES (new.venue, length(new.sealed))
      ON CONFLICT (venue) DO UPDATE SET bytes = bytes + excluded.bytes;
  END;
  CREATE TRIGGER ticket_gone_of_venue AFTER UPDATE OF sealed ON tickets
    WHEN old.venue IS NOT NULL AND old.sealed IS NOT NULL AND new.sealed IS NULL BEGIN
    UPDATE ticket_venues SET bytes = bytes - length(old.sealed) WHERE venue = old.venue;
  END;
  `,
  `
  -- If a coupon's id contains a card number, reward_id has its stand-in, and the id itself is sealed for as long as the
  -- row is kept, since the coupon may have to be given back.
  ALTER TABLE redemptions ADD COLUMN reward_sealed BLOB;
  ALTER TABLE redemptions ADD COLUMN reward_seal_key TEXT;
  CREATE INDEX redemptions_reward_sealed ON redemptions (reward_seal_key) WHERE reward_seal_key IS NOT NULL;
  `,
  `
  -- Incremented by each change of a row: a decision is written only if the row has not changed since it was read.
  ALTER TABLE redemptions ADD COLUMN revision INTEGER NOT NULL DEFAULT 1;
  `,
  `
  -- The call to the core whose outcome is not recorded yet. While it may be under way, nothing else is sent for its card.
  ALTER TABLE redemptions ADD COLUMN call_id TEXT;
  ALTER TABLE redemptions ADD COLUMN call_until INTEGER;
  CREATE INDEX redemptions_calls ON redemptions (card_hash) WHERE call_id IS NOT NULL;
  `,
  `
  -- The traceparent of the debit, which its undo names; NULL in rows of earlier versions.
  ALTER TABLE redemptions ADD COLUMN trace TEXT;
  `,
  `
  -- What people did, or looked at. Rows are only added, and go after 400 days.
  CREATE TABLE audit (
    sequence      INTEGER PRIMARY KEY AUTOINCREMENT,
    id            TEXT NOT NULL UNIQUE,
    at            INTEGER NOT NULL,
    who           TEXT NOT NULL,
    role          TEXT,
    by_what       TEXT NOT NULL CHECK (by_what IN ('console', 'command')),
    act           TEXT NOT NULL,
    target        TEXT NOT NULL,
    was           TEXT,
    became        TEXT,
    why           TEXT,
    address       TEXT
  ) STRICT;
  CREATE INDEX audit_by_target ON audit (target, sequence);
  CREATE INDEX audit_by_age ON audit (at);
  CREATE TRIGGER audit_stays BEFORE UPDATE ON audit BEGIN
    SELECT RAISE(ABORT, 'a line of the audit cannot be changed');
  END;
  `,
  `
  -- An UPDATE that makes a row smaller leaves its room in the page, where no later row goes: a bill of twenty lines kept a
  -- page for 35 days. SQLite joins such pages when a row is deleted, so the row is deleted and put back.
  DROP TRIGGER ticket_kept_of_venue;
  CREATE TRIGGER ticket_kept_of_venue AFTER INSERT ON tickets
    WHEN new.venue IS NOT NULL AND new.sealed IS NOT NULL BEGIN
    INSERT INTO ticket_venues VALUES (new.venue, length(new.sealed))
      ON CONFLICT (venue) DO UPDATE SET bytes = bytes + excluded.bytes;
  END;
  CREATE TRIGGER ticket_shrinks AFTER UPDATE OF sealed ON tickets
    WHEN old.sealed IS NOT NULL AND new.sealed IS NULL BEGIN
    DELETE FROM tickets WHERE sequence = new.sequence;
    INSERT INTO tickets (sequence, event_id, fingerprint, kafka_key, sealed, seal_key, taken_at, published_at, venue)
      VALUES (new.sequence, new.event_id, new.fingerprint, new.kafka_key, NULL, new.seal_key, new.taken_at,
        new.published_at, new.venue);
  END;
  `,
]
