/**
 * `minCodeVersion`: the oldest release that can use the schema after this migration, as the number of migrations that it
 * knows. Older ones refuse to start on it.
 */
export type Migration = { sql: string; minCodeVersion: number }

/**
 * Each runs once, in order, in its own transaction, while replicas of the release before use the tables. So a migration
 * only adds what these do not see: a table, an index, a column that may be NULL or has a constant default. What nothing
 * uses any more is taken away a release later, by a migration that raises `minCodeVersion`.
 *
 * Never change the SQL of one that was released: add another.
 */
export const migrations: readonly Migration[] = [
  {
    minCodeVersion: 1,
    sql: `
  -- Epoch ms. The clock that all replicas share, and goes on within a transaction.
  CREATE FUNCTION now_ms() RETURNS bigint LANGUAGE sql VOLATILE
    AS $$ SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint $$;

  CREATE TABLE redemptions (
    id            text PRIMARY KEY,
    revision      bigint NOT NULL,
    changed_at    bigint NOT NULL,
    key           text NOT NULL,
    attempt       integer NOT NULL,
    venue         text NOT NULL,
    venue_id      text NOT NULL,
    tenant        text,
    card_hash     text NOT NULL,
    card_masked   text NOT NULL,
    account       text,
    kind          text CHECK (kind IN ('coupon', 'points')),
    reward_id     text,
    points        bigint,
    reward_sealed bytea,
    reward_seal_key text,
    state         text NOT NULL CHECK (state IN
                    ('sent', 'not_done', 'refused', 'confirmed', 'credited', 'in_doubt', 'reversed', 'stuck')),
    created_at    bigint NOT NULL,
    sent_at       bigint,
    confirmed_at  bigint,
    answered_at   bigint,
    call_id       text,
    call_until    bigint,
    due_at        bigint,
    key_until     bigint NOT NULL,
    undo_by       text CHECK (undo_by IN ('till', 'doubt')),
    undo_since    bigint,
    undo_calls    integer NOT NULL,
    undo_tries    integer NOT NULL,
    undo_last     text,
    undo_number   integer NOT NULL,
    credit_key    text,
    ticket_key    text,
    is_named_by_ticket integer NOT NULL,
    moved         text,
    refused_with  text,
    given_back    text,
    settled_by    text,
    settled_why   text,
    settled_at    bigint,
    sealed        bytea,
    seal_key      text,
    UNIQUE (key, attempt)
  ) WITH (fillfactor = 80);
  CREATE INDEX redemptions_by_bill ON redemptions (venue, account, card_hash);
  CREATE INDEX redemptions_by_coupon ON redemptions (card_hash, reward_id) WHERE reward_id IS NOT NULL;
  CREATE INDEX redemptions_by_credit ON redemptions (credit_key) WHERE credit_key IS NOT NULL;
  CREATE INDEX redemptions_by_ticket ON redemptions (ticket_key) WHERE ticket_key IS NOT NULL;
  CREATE INDEX redemptions_calls ON redemptions (card_hash) WHERE call_id IS NOT NULL;
  CREATE INDEX redemptions_open ON redemptions (due_at) WHERE due_at IS NOT NULL OR state = 'stuck';
  -- Finds expired rows. Open rows never expire.
  CREATE INDEX redemptions_final ON redemptions (changed_at)
    WHERE due_at IS NULL AND state NOT IN ('sent', 'in_doubt', 'stuck');
  CREATE INDEX redemptions_reward_sealed ON redemptions (reward_seal_key) WHERE reward_seal_key IS NOT NULL;

  CREATE TABLE redemption_aliases (
    key           text PRIMARY KEY,
    redemption_id text NOT NULL,
    created_at    bigint NOT NULL
  );
  CREATE INDEX redemption_aliases_by_age ON redemption_aliases (created_at);

  -- No cache of numbers: a later ticket of a card must have a higher one, on whichever replica.
  CREATE TABLE tickets (
    sequence      bigint GENERATED ALWAYS AS IDENTITY (CACHE 1) PRIMARY KEY,
    event_id      text NOT NULL UNIQUE,
    fingerprint   text NOT NULL,
    kafka_key     text,
    sealed        bytea,
    seal_key      text,
    taken_at      bigint NOT NULL,
    published_at  bigint,
    venue         text
  ) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02);
  CREATE INDEX tickets_waiting ON tickets (sequence) WHERE published_at IS NULL;
  CREATE INDEX tickets_published ON tickets (published_at) WHERE published_at IS NOT NULL;

  CREATE TABLE dead_letters (
    id            text PRIMARY KEY,
    kind          text NOT NULL CHECK (kind IN ('message', 'ticket')),
    venue_id      text NOT NULL,
    reason        text NOT NULL,
    sealed        bytea NOT NULL,
    seal_key      text NOT NULL,
    created_at    bigint NOT NULL,
    venue         text
  );
  CREATE INDEX dead_letters_by_age ON dead_letters (created_at);

  CREATE TABLE venues (
    venue_id      text NOT NULL,
    api_key_hash  text NOT NULL,
    core_id       text NOT NULL,
    currency      text,
    approved_at   bigint NOT NULL,
    PRIMARY KEY (venue_id, api_key_hash)
  );
  CREATE INDEX venues_by_age ON venues (approved_at);

  -- The calls to the core that its limit may still count, of all replicas: for each, until when it does. One row for
  -- each scope, since an UPDATE that has waited for a row sees what the one before it wrote.
  CREATE TABLE budgets (
    scope         text PRIMARY KEY,
    until_ms      bigint[] NOT NULL DEFAULT '{}',
    blocked_until_ms bigint NOT NULL DEFAULT 0
  ) WITH (fillfactor = 50);
  -- What still counts: of each value in given one is taken out, and those in become are added.
  CREATE FUNCTION budget_after(slots bigint[], given bigint[], become bigint[], now bigint) RETURNS bigint[]
    LANGUAGE sql IMMUTABLE AS $$
      SELECT coalesce(array_agg(u ORDER BY u), '{}') FROM (
        SELECT u FROM (SELECT u, row_number() OVER (PARTITION BY u) AS nth FROM unnest(slots) AS u) s
          WHERE nth > (SELECT count(*) FROM unnest(given) g WHERE g = s.u)
        UNION ALL SELECT b FROM unnest(become) AS b) live
      WHERE u > now $$;

  -- Who does what only one replica should do at a time. Two for a moment do no harm.
  CREATE TABLE leases (
    name          text PRIMARY KEY,
    holder        text NOT NULL,
    term          bigint NOT NULL,
    until_ms      bigint NOT NULL
  );

  -- SQLite counts these by triggers; here a counter would be a row for which all tickets of a venue queue up.
  CREATE VIEW dead_letter_totals AS
    SELECT count(*) AS letters, coalesce(sum(octet_length(sealed)), 0) AS bytes FROM dead_letters;
  CREATE VIEW dead_letter_venues AS
    SELECT venue, sum(octet_length(sealed)) AS bytes FROM dead_letters WHERE venue IS NOT NULL GROUP BY venue;
  CREATE VIEW ticket_venues AS
    SELECT venue, sum(octet_length(sealed)) AS bytes FROM tickets
    WHERE published_at IS NULL AND venue IS NOT NULL GROUP BY venue;
  `,
  },
  {
    minCodeVersion: 1,
    sql: `
  -- The server and its clock, as the replicas last knew them: by how much all times were moved with the clock, when it was
  -- last seen, when the server's first process was started, and since when the server is known.
  CREATE TABLE clock (
    "only"        integer PRIMARY KEY CHECK ("only" = 1),
    moved_ms      bigint NOT NULL,
    seen_ms       bigint NOT NULL,
    started_ms    bigint NOT NULL,
    served_from_ms bigint NOT NULL
  );
  INSERT INTO clock VALUES (1, 0, now_ms(), floor(extract(epoch FROM pg_postmaster_start_time()) * 1000), 0);
  `,
  },
  {
    minCodeVersion: 1,
    sql: `
  -- The traceparent of the debit, which its undo names; NULL in rows of releases that do not know it.
  ALTER TABLE redemptions ADD COLUMN trace text;
  `,
  },
  {
    minCodeVersion: 1,
    sql: `
  -- What people did, or looked at. Rows are only added, and go after 400 days.
  CREATE TABLE audit (
    sequence      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id            text NOT NULL UNIQUE,
    at            bigint NOT NULL,
    who           text NOT NULL,
    role          text,
    by_what       text NOT NULL CHECK (by_what IN ('console', 'command')),
    act           text NOT NULL,
    target        text NOT NULL,
    was           text,
    became        text,
    why           text,
    address       text
  );
  CREATE INDEX audit_by_target ON audit (target, sequence);
  CREATE INDEX audit_by_age ON audit (at);
  CREATE FUNCTION keep_audit() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'a line of the audit cannot be changed'; END $$;
  CREATE TRIGGER audit_stays BEFORE UPDATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION keep_audit();

  -- What each replica has last told of itself, for the console.
  CREATE TABLE replicas (
    name          text PRIMARY KEY,
    at            bigint NOT NULL,
    facts         text NOT NULL
  ) WITH (fillfactor = 50);
  `,
  },
]
