-- PostgreSQL's schema 1, as its release made it, and what that wrote: by test/journal/frozen/write.ts.

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
  
CREATE TABLE schema_versions (
     "only" integer PRIMARY KEY CHECK ("only" = 1), schema_version integer NOT NULL, min_code_version integer NOT NULL);
INSERT INTO schema_versions VALUES (1, 1, 1);
INSERT INTO redemptions (id, revision, changed_at, key, attempt, venue, venue_id, tenant, card_hash, card_masked, account, kind, reward_id, points, reward_sealed, reward_seal_key, state, created_at, sent_at, confirmed_at, answered_at, call_id, call_until, due_at, key_until, undo_by, undo_since, undo_calls, undo_tries, undo_last, undo_number, credit_key, ticket_key, is_named_by_ticket, moved, refused_with, given_back, settled_by, settled_why, settled_at, sealed, seal_key) OVERRIDING SYSTEM VALUE VALUES ('0160417c-68cc-5cb4-9a5b-3076c60636c2', '15', '1795438800000', 'T-settled-by-operator', '1', 'venue-uuid', '1902', 'tenant-of-project', 'hash-of-settled-by-operator', '*0001', 'A-settled-by-operator', 'coupon', 'uc-settled-by-operator', NULL, NULL, NULL, 'confirmed', '1795437000000', '1795437000000', '1795437000000', '1795438800000', NULL, NULL, NULL, '1795523400000', NULL, NULL, '0', '0', NULL, '7', NULL, NULL, '0', NULL, NULL, NULL, 'anna', 'the guest has it', '1795438800000', NULL, NULL);
INSERT INTO redemptions (id, revision, changed_at, key, attempt, venue, venue_id, tenant, card_hash, card_masked, account, kind, reward_id, points, reward_sealed, reward_seal_key, state, created_at, sent_at, confirmed_at, answered_at, call_id, call_until, due_at, key_until, undo_by, undo_since, undo_calls, undo_tries, undo_last, undo_number, credit_key, ticket_key, is_named_by_ticket, moved, refused_with, given_back, settled_by, settled_why, settled_at, sealed, seal_key) OVERRIDING SYSTEM VALUE VALUES ('0de04443-6e4e-5101-b0b5-4e00215e78f5', '1', '1795438803000', 'T-sent', '1', 'venue-uuid', '1902', 'tenant-of-project', 'hash-of-sent', '*0001', 'A-sent', 'coupon', 'uc-sent', NULL, NULL, NULL, 'sent', '1795438803000', '1795438803000', NULL, NULL, '400e2fdc-9d6c-4d54-820c-ae83b1483af5', '1795438806500', '1795438806500', '1795525203000', NULL, NULL, '0', '0', NULL, '1', NULL, NULL, '0', NULL, NULL, NULL, NULL, NULL, NULL, E'\\xec7717309790c3cb2f8de3e862a5eca702a8868e6ec812b86ace8b67c5ba4f91dc03f64f6843884ecb4532b5e2eff912b21eb8f62f3f6097d899bbd5827b8388bda0fea18f8fef136c515727f595d6938984314a3c', '12d75232');
INSERT INTO redemptions (id, revision, changed_at, key, attempt, venue, venue_id, tenant, card_hash, card_masked, account, kind, reward_id, points, reward_sealed, reward_seal_key, state, created_at, sent_at, confirmed_at, answered_at, call_id, call_until, due_at, key_until, undo_by, undo_since, undo_calls, undo_tries, undo_last, undo_number, credit_key, ticket_key, is_named_by_ticket, moved, refused_with, given_back, settled_by, settled_why, settled_at, sealed, seal_key) OVERRIDING SYSTEM VALUE VALUES ('1d056c47-33b9-554c-ad7b-0b5517d50f59', '5', '1795438803000', 'T-being-credited', '1', 'venue-uuid', '1902', 'tenant-of-project', 'hash-of-being-credited', '*0001', 'A-being-credited', 'coupon', 'uc-being-credited', NULL, NULL, NULL, 'confirmed', '1795438803000', '1795438803000', '1795438803000', '1795438803000', NULL, NULL, '1795438805000', '1795525203000', 'till', '1795438803000', '1', '0', 'unknown', '1', 'C-being-credited', NULL, '0', '{"pointsLeft":9}', NULL, NULL, NULL, NULL, NULL, E'\\xc0ded4571892425a499122332d9926ce5f58974158ea2d989c5f6743e5c5a69b91a7c753cc5338f42d47e33e47da9fc99162c67c393a2ebcd48a062121cbfe57fbcf2c07da7a2a307d82daba63560a80a1b3759128', '12d75232');
INSERT INTO redemptions (id, revision, changed_at, key, attempt, venue, venue_id, tenant, card_hash, card_masked, account, kind, reward_id, points, reward_sealed, reward_seal_key, state, created_at, sent_at, confirmed_at, answered_at, call_id, call_until, due_at, key_until, undo_by, undo_since, undo_calls, undo_tries, undo_last, undo_number, credit_key, ticket_key, is_named_by_ticket, moved, refused_with, given_back, settled_by, settled_why, settled_at, sealed, seal_key) OVERRIDING SYSTEM VALUE VALUES ('35ab61c7-3d36-5e6c-a976-f41b57c77f10', '4', '1795438803000', 'T-confirmed', '1', 'venue-uuid', '1902', 'tenant-of-project', 'hash-of-confirmed', '*0001', 'A-confirmed', 'coupon', 'uc-confirmed', NULL, NULL, NULL, 'confirmed', '1795438803000', '1795438803000', '1795438803000', '1795438803000', NULL, NULL, NULL, '1795525203000', NULL, NULL, '0', '0', NULL, '1', NULL, 'B-1', '0', '{"pointsLeft":9}', NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO redemptions (id, revision, changed_at, key, attempt, venue, venue_id, tenant, card_hash, card_masked, account, kind, reward_id, points, reward_sealed, reward_seal_key, state, created_at, sent_at, confirmed_at, answered_at, call_id, call_until, due_at, key_until, undo_by, undo_since, undo_calls, undo_tries, undo_last, undo_number, credit_key, ticket_key, is_named_by_ticket, moved, refused_with, given_back, settled_by, settled_why, settled_at, sealed, seal_key) OVERRIDING SYSTEM VALUE VALUES ('4597f045-05e1-5aff-be1c-105452218902', '4', '1795438803000', 'T-reversed', '1', 'venue-uuid', '1902', 'tenant-of-project', 'hash-of-reversed', '*0001', 'A-reversed', 'coupon', 'uc-reversed', NULL, NULL, NULL, 'reversed', '1795438800000', '1795438800000', NULL, NULL, NULL, NULL, NULL, '1795525200000', 'doubt', '1795438800000', '1', '0', 'given_back', '1', NULL, NULL, '0', NULL, NULL, '{"pointsLeft":5}', NULL, NULL, NULL, NULL, NULL);
INSERT INTO redemptions (id, revision, changed_at, key, attempt, venue, venue_id, tenant, card_hash, card_masked, account, kind, reward_id, points, reward_sealed, reward_seal_key, state, created_at, sent_at, confirmed_at, answered_at, call_id, call_until, due_at, key_until, undo_by, undo_since, undo_calls, undo_tries, undo_last, undo_number, credit_key, ticket_key, is_named_by_ticket, moved, refused_with, given_back, settled_by, settled_why, settled_at, sealed, seal_key) OVERRIDING SYSTEM VALUE VALUES ('5b3522fd-ceed-5fc4-871f-5be45943dab7', '3', '1795438803000', 'T-confirmed-points', '1', 'venue-uuid', '1902', 'tenant-of-project', 'hash-of-confirmed-points', '*0001', 'A-confirmed-points', 'points', NULL, '100', NULL, NULL, 'confirmed', '1795438803000', '1795438803000', '1795438803000', '1795438803000', NULL, NULL, NULL, '1795525203000', NULL, NULL, '0', '0', NULL, '1', NULL, NULL, '0', '{"pointsLeft":9}', NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO redemptions (id, revision, changed_at, key, attempt, venue, venue_id, tenant, card_hash, card_masked, account, kind, reward_id, points, reward_sealed, reward_seal_key, state, created_at, sent_at, confirmed_at, answered_at, call_id, call_until, due_at, key_until, undo_by, undo_since, undo_calls, undo_tries, undo_last, undo_number, credit_key, ticket_key, is_named_by_ticket, moved, refused_with, given_back, settled_by, settled_why, settled_at, sealed, seal_key) OVERRIDING SYSTEM VALUE VALUES ('6e7fa36b-fb9c-5a1a-98e8-bb88b19375ce', '2', '1795438803000', 'T-in-doubt-with-the-card-in-its-coupon', '1', 'venue-uuid', '1902', 'tenant-of-project', 'hash-of-in-doubt-with-the-card-in-its-coupon', '*0001', 'A-in-doubt-with-the-card-in-its-coupon', 'coupon', 'id-1', NULL, E'\\xac6939b1e490bc7afd961c92ddda5199973617604a5c9b312e32db891e4a767e4f2300478e6b4549d95a7f0b', '12d75232', 'in_doubt', '1795438803000', '1795438803000', NULL, NULL, NULL, NULL, '1795438805000', '1795525203000', 'doubt', '1795438803000', '0', '0', NULL, '1', NULL, NULL, '0', NULL, NULL, NULL, NULL, NULL, NULL, E'\\x8be4bdf8dfb6331805d10b5cfe1b6f43430e1967c97d2ff4ea12f738784985ed564786474bfeac6cf7c61f7ec15aa29cdca111c71c1893a1a225b620110a676f3d20f0baeb32fac1fe51be691bd1332d9fa3b31983', '12d75232');
INSERT INTO redemptions (id, revision, changed_at, key, attempt, venue, venue_id, tenant, card_hash, card_masked, account, kind, reward_id, points, reward_sealed, reward_seal_key, state, created_at, sent_at, confirmed_at, answered_at, call_id, call_until, due_at, key_until, undo_by, undo_since, undo_calls, undo_tries, undo_last, undo_number, credit_key, ticket_key, is_named_by_ticket, moved, refused_with, given_back, settled_by, settled_why, settled_at, sealed, seal_key) OVERRIDING SYSTEM VALUE VALUES ('7173a57d-1c68-50b3-a662-19f52037fe3a', '14', '1795437000000', 'T-stuck', '1', 'venue-uuid', '1902', 'tenant-of-project', 'hash-of-stuck', '*0001', 'A-stuck', 'coupon', 'uc-stuck', NULL, NULL, NULL, 'stuck', '1795435200000', '1795435200000', NULL, NULL, NULL, NULL, NULL, '1795521600000', 'doubt', '1795435200000', '6', '6', 'refused: REFUSED', '7', NULL, NULL, '0', NULL, NULL, NULL, NULL, NULL, NULL, E'\\xe52fafa41230cb6c087ebb5abd7daee20c229824976a2af3f0f0fb4c8011b38c3d0bcaa16385d0db017c4f74cd6ab5870a9d682bc0a375ba580345959bd7ac5e3da4740b9352c17b19a45ea24271f29de901ee91dd', '12d75232');
INSERT INTO redemptions (id, revision, changed_at, key, attempt, venue, venue_id, tenant, card_hash, card_masked, account, kind, reward_id, points, reward_sealed, reward_seal_key, state, created_at, sent_at, confirmed_at, answered_at, call_id, call_until, due_at, key_until, undo_by, undo_since, undo_calls, undo_tries, undo_last, undo_number, credit_key, ticket_key, is_named_by_ticket, moved, refused_with, given_back, settled_by, settled_why, settled_at, sealed, seal_key) OVERRIDING SYSTEM VALUE VALUES ('71ba67ad-2ffe-56a0-8735-6931ef7fdbf2', '2', '1795438803000', 'T-in-doubt', '1', 'venue-uuid', '1902', 'tenant-of-project', 'hash-of-in-doubt', '*0001', 'A-in-doubt', 'coupon', 'uc-in-doubt', NULL, NULL, NULL, 'in_doubt', '1795438803000', '1795438803000', NULL, NULL, NULL, NULL, '1795438805000', '1795525203000', 'doubt', '1795438803000', '0', '0', NULL, '1', NULL, NULL, '0', NULL, NULL, NULL, NULL, NULL, NULL, E'\\x8fe463d5bc9cef87659debdbbd50dbfe2b0a0a9a279d96fab6dfb77059267fb777ec4ff1058a7dddb781ca1f3a36451396d6193bfe7b5c3afda139d38bee20870699931bf3c0853bf52abbdf5a606009488f20e28a', '12d75232');
INSERT INTO redemptions (id, revision, changed_at, key, attempt, venue, venue_id, tenant, card_hash, card_masked, account, kind, reward_id, points, reward_sealed, reward_seal_key, state, created_at, sent_at, confirmed_at, answered_at, call_id, call_until, due_at, key_until, undo_by, undo_since, undo_calls, undo_tries, undo_last, undo_number, credit_key, ticket_key, is_named_by_ticket, moved, refused_with, given_back, settled_by, settled_why, settled_at, sealed, seal_key) OVERRIDING SYSTEM VALUE VALUES ('7c1d1361-a0a5-5a7d-8a5e-4a7ec70c4fb8', '2', '1795438803000', 'T-confirmed-unanswered', '1', 'venue-uuid', '1902', 'tenant-of-project', 'hash-of-confirmed-unanswered', '*0001', 'A-confirmed-unanswered', 'coupon', 'uc-confirmed-unanswered', NULL, NULL, NULL, 'confirmed', '1795438803000', '1795438803000', '1795438803000', NULL, NULL, NULL, '1795438813000', '1795525203000', NULL, NULL, '0', '0', NULL, '1', NULL, NULL, '0', '{}', NULL, NULL, NULL, NULL, NULL, E'\\xbb6ded9e4d818378ae9433341ffc01f5309fca411a9f21b7e9b176c7380e3c27b9e4f385126cc6ac2fe168d5fb97ae1b1b11c718817c31123cbe6b7734143247c1c38fd3f9b8a2819a2989079dcce7c28091cca306', '12d75232');
INSERT INTO redemptions (id, revision, changed_at, key, attempt, venue, venue_id, tenant, card_hash, card_masked, account, kind, reward_id, points, reward_sealed, reward_seal_key, state, created_at, sent_at, confirmed_at, answered_at, call_id, call_until, due_at, key_until, undo_by, undo_since, undo_calls, undo_tries, undo_last, undo_number, credit_key, ticket_key, is_named_by_ticket, moved, refused_with, given_back, settled_by, settled_why, settled_at, sealed, seal_key) OVERRIDING SYSTEM VALUE VALUES ('afea4b07-2d23-5c48-808a-9e7a837fcbcb', '5', '1795438803000', 'T-credited', '1', 'venue-uuid', '1902', 'tenant-of-project', 'hash-of-credited', '*0001', 'A-credited', 'coupon', 'uc-credited', NULL, NULL, NULL, 'credited', '1795438803000', '1795438803000', '1795438803000', '1795438803000', NULL, NULL, NULL, '1795525203000', 'till', '1795438803000', '1', '0', 'given_back', '1', 'C-credited', NULL, '0', '{"pointsLeft":9}', NULL, '{}', NULL, NULL, NULL, NULL, NULL);
INSERT INTO redemptions (id, revision, changed_at, key, attempt, venue, venue_id, tenant, card_hash, card_masked, account, kind, reward_id, points, reward_sealed, reward_seal_key, state, created_at, sent_at, confirmed_at, answered_at, call_id, call_until, due_at, key_until, undo_by, undo_since, undo_calls, undo_tries, undo_last, undo_number, credit_key, ticket_key, is_named_by_ticket, moved, refused_with, given_back, settled_by, settled_why, settled_at, sealed, seal_key) OVERRIDING SYSTEM VALUE VALUES ('bb4fe65b-da3a-51fe-bf25-08fca5f88204', '2', '1795438800000', 'T-refused', '1', 'venue-uuid', '1902', 'tenant-of-project', 'hash-of-refused', '*0001', 'A-refused', 'coupon', 'uc-refused', NULL, NULL, NULL, 'refused', '1795438800000', '1795438800000', NULL, NULL, NULL, NULL, NULL, '1795525200000', NULL, NULL, '0', '0', NULL, '1', NULL, NULL, '0', NULL, 'MEMBER_BLOCKED', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO redemptions (id, revision, changed_at, key, attempt, venue, venue_id, tenant, card_hash, card_masked, account, kind, reward_id, points, reward_sealed, reward_seal_key, state, created_at, sent_at, confirmed_at, answered_at, call_id, call_until, due_at, key_until, undo_by, undo_since, undo_calls, undo_tries, undo_last, undo_number, credit_key, ticket_key, is_named_by_ticket, moved, refused_with, given_back, settled_by, settled_why, settled_at, sealed, seal_key) OVERRIDING SYSTEM VALUE VALUES ('c859ab4d-e8a9-5dac-826a-6079e46107f1', '2', '1795438800000', 'T-not-done', '1', 'venue-uuid', '1902', 'tenant-of-project', 'hash-of-not-done', '*0001', 'A-not-done', 'coupon', 'uc-not-done', NULL, NULL, NULL, 'not_done', '1795438800000', '1795438800000', NULL, NULL, NULL, NULL, NULL, '1795525200000', NULL, NULL, '0', '0', NULL, '1', NULL, NULL, '0', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO redemption_aliases (key, redemption_id, created_at) OVERRIDING SYSTEM VALUE VALUES ('T-confirmed-again', '35ab61c7-3d36-5e6c-a976-f41b57c77f10', '1795438803000');
INSERT INTO tickets (sequence, event_id, fingerprint, kafka_key, sealed, seal_key, taken_at, published_at, venue) OVERRIDING SYSTEM VALUE VALUES ('1', '32a88370-9953-4522-b7d8-c6a752051976', 'of the bill', NULL, NULL, NULL, '1795438803000', '1795438803000', NULL);
INSERT INTO tickets (sequence, event_id, fingerprint, kafka_key, sealed, seal_key, taken_at, published_at, venue) OVERRIDING SYSTEM VALUE VALUES ('2', 'refused-by-kafka', 'of the bill', NULL, NULL, NULL, '1795438803000', '1795438803000', NULL);
INSERT INTO tickets (sequence, event_id, fingerprint, kafka_key, sealed, seal_key, taken_at, published_at, venue) OVERRIDING SYSTEM VALUE VALUES ('3', 'waiting-1', 'of the bill', '1902|A-12', E'\\xbf95cbe665bb1b4dbea61bbd550239e4005faf72af12f92fb65bb16eb1804e5270fceb816d63ba5221b1272351f94f24166f9992921d3c6fb666d36f91ef9dce8e90f8423c9da0289039ded4c2b6c965f098dd834359d5223b5159092b7dcc3a98f7f7a5c80bcb595c7ea9a5ed94f8895f2d14dd7f87f8db33319a2e9c1ee9f9c9bd9c07045e2ceb59f507472502a8e63e8fa4f92850d58dd6e15e8d49d180c2f79ab3fdaadf9b190e397a86af5d50eda2f17f9fd4e5680c643ac1dcb200bd506c8572a62160141fc6e7d9b000b04a7c926e8e83707816584062533ea853d1bcf0796ba0a514b24d299614daf6164749bcb1943aa08f8a2926ca3ab1422aba152e2cceb269cf35d6aa0bf551c6f04b305cc4458671c74bc2519744b2d005d89d459217352591f90f5394ad1ae3ac23985f7800a67e265352c3d0d99e18102502256e929574ae7007ec504f3bd8a031a1f1153fbfec52a51a176841e3becacb2920c2db5de7f6d0cdc23f0eff706f487b16d015433c30170639d9b995a5740e4839', '12d75232', '1795438803000', NULL, NULL);
INSERT INTO tickets (sequence, event_id, fingerprint, kafka_key, sealed, seal_key, taken_at, published_at, venue) OVERRIDING SYSTEM VALUE VALUES ('4', 'waiting-2', 'of the bill', '1902|A-12', E'\\x60d4c8b0f975c7240e137baf7fe736a220e3fe8c80c8214f7664a68bcb304a1e9b00012b5fc650919701c07f9a3f0bc89d668f09ea6738064804cea43670e6bd81550f7eb5cbedf105e3a9505187e05616601fea688a427a3596d23a8282b3471bf7c69e0e4be6d099262bd2b09e1228a46c05d2aa80db4a53d2b8d5276b532ac01ccf813d1cbbbd4dd3577aa64b14d7555b36a00792668ce52d1f10516d9a68dfead5e2df62ba506139d7dd6e6e3c733ea52e3013914e986a80190b6eea8d1dc69a87d87770a909c988f86b984e387987fdaa7668c7ff599ad503ae7816e641822e1643b323430bed828922398567ef4dd709e08ac21d55b3b32adae999e0c5ec659a6ba0aaea06c88b1ad3c666b72bc1c11289eb48b4661a731f6d8b2aed8850e0de71308870262bddfcdbe6fe1ac240d7742905cb8e647aac73f2b646f43ddad53d37ad83ebababc0ab025822c8a96be72a3a435e8accbc385b6a02d0769adc8b2e4470bb054a656d11ea09e7e62455c048c0bb38782bd599d40b000cec8060', '12d75232', '1795438803000', NULL, NULL);
INSERT INTO dead_letters (id, kind, venue_id, reason, sealed, seal_key, created_at, venue) OVERRIDING SYSTEM VALUE VALUES ('86934e4d9bd5e44b20577748b6bfe221885694749d000bd21b8ce8e91324c001', 'message', '1902', 'total cannot be read', E'\\x597c2a1bc1dfd1e757c689cd44076adc57d96833179dea3f5ec48327e7632dedcb4767bbe00be9987aa66c7a8e1effb9fb69f6311b3ce40d30f75b6cdba97de6f92aa3d09f1f6501535e5ce24e07da6d960199624545e0dded7cf74f77a12172d2eece2c28f4575d08a232e8a34437d143b1b93cf373403f5bca5edb0a73ff669ce9d8d34adf60e46e74ec5a5497d1a13eb2b52c49d327f57c6fde3f8a9326cd47bed9e4a18204026f6c840e3775362997c151', '12d75232', '1795438803000', 'venue-uuid');
INSERT INTO dead_letters (id, kind, venue_id, reason, sealed, seal_key, created_at, venue) OVERRIDING SYSTEM VALUE VALUES ('refused-by-kafka', 'ticket', '1902', 'too large', E'\\x5569d0a012572e52f48dd60b2fe9dd3c776d881c1ce7bc2ba2d83a02ec5212c7cd498ff448e8c95fa3c791a5f2b673b92f6a605988ce752d8107a9122d06c9669cdf01fe43ec185f934e2cb1af7e227d6bcd17c918a750b9e949c37dd85847397025be8c479a960e43d2cbee16f06b90cea90912be0e03ce9a6abb63befffe02ed0ccc4dbbf73f9d5b2b140fc9db982ee6dd1578af6bcebba906f7ab38ee9a82c351bde9e8604f53bef0e86eb3aad3d522fb9e484f003617bf72be957533eb69c8e13716d5746618109de85b72dcd206c85a9167a6604afa68d64878a7acad33dd2cec9985a6a50c43a050d1a9e014b8daa50130755172a81212ced0db62ee7ca0609a1b45b1009f796587626c07d9aac47924f1a66024a37803a57ae4618fa748ea7c8a9326896e86e6aedcff122187e0c38159a7bf5124cf3a3f6d412db7fd37bd0beca809ba16fe327bb0522167a0fd47f4832036349769389ecb8ce4925b5330a885b00e1da6396a63a4fcfe3d9b2a2390f4c473afa879c36293e8dd5790f5e006b4a53788e30e97fe18731713c06bea22583698b47a8e2ddad91c6a5560b604e3968670097ef7f5437f2076cd7c7ac7a1442ab2348be79b85ac993420b54b8e270a16ae88346820be64be83edb497e7d2aa32df75fcc42c3441', '12d75232', '1795438803000', NULL);
INSERT INTO venues (venue_id, api_key_hash, core_id, currency, approved_at) OVERRIDING SYSTEM VALUE VALUES ('1902', 'b7fbe08743aba10d859c37cd0b04661b420c2aaa3ad51f2bfc488edaca68419a', 'venue-uuid', 'GBP', '1795438803000');
INSERT INTO budgets (scope, until_ms, blocked_until_ms) OVERRIDING SYSTEM VALUE VALUES ('all', '{1795438815000,1795438815000}', '0');
INSERT INTO budgets (scope, until_ms, blocked_until_ms) OVERRIDING SYSTEM VALUE VALUES ('of-another-key', '{}', '1795438863000');
INSERT INTO leases (name, holder, term, until_ms) OVERRIDING SYSTEM VALUE VALUES ('relay', 'ed74be07-7377-403e-ae77-bc2c2c368ea2', '1', '1795438808000');
SELECT setval(pg_get_serial_sequence('tickets', 'sequence'), max(sequence)) FROM tickets;
