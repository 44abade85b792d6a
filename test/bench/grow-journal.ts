import { DatabaseSync } from 'node:sqlite'
import { readConfig } from '../../src/config/config.ts'
import { createExchange } from '../../src/exchange.ts'
import { createSqliteJournal } from '../../src/journal/sqlite/journal.ts'
import { createMaskId } from '../../src/loyalty/mask-ids.ts'
import { createTicket } from '../../src/loyalty/ticket.ts'
import { createKeyedHash, toCredentials } from '../../src/model/keys.ts'
import { createLogger } from '../../src/observability/logger.ts'
import { createMetrics } from '../../src/observability/metrics.ts'
import { systemClock } from '../../src/time/clock.ts'
import { readRequest } from '../../src/zonal/dialects/json/read-request.ts'
import { parseTicket } from '../../src/zonal/messages/ticket-message.ts'
import { runSql } from '../support/postgres-database.ts'
import * as messages from './messages.ts'

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

/**
 * The same in PostgreSQL. Its statistics are as autovacuum makes them within a minute or two, so that this does not happen
 * in the middle of what is measured.
 *
 * @param url of a database with the schema, which no service uses
 */
export async function growPostgres(url: string, rows: number) {
  const numbers = `generate_series(1, ${rows / 2}) AS number, LATERAL (SELECT ${Date.now() - 86_400_000} + number) AS times (at)`
  await runSql(
    url,
    `INSERT INTO tickets (event_id, fingerprint, taken_at, published_at)
      SELECT gen_random_uuid(), sha256(number::text::bytea)::text, at, at FROM ${numbers};
    INSERT INTO redemptions (id, revision, key, attempt, venue, venue_id, card_hash, card_masked, account, kind, reward_id,
        state, created_at, sent_at, confirmed_at, answered_at, changed_at, key_until, undo_calls, undo_tries, undo_number,
        is_named_by_ticket)
      SELECT gen_random_uuid(), 3, '["5b1e","transaction","P-' || number || '"]', 1, '5b1e', '1902',
        encode(sha256(number::text::bytea), 'hex'), '*1001', 'P-' || number, 'coupon', 'uc-' || number, 'confirmed',
        at, at, at, at, at, at + 86400000, 0, 0, 1, 0 FROM ${numbers}`,
  )
  for (const sql of ['VACUUM ANALYZE', 'CHECKPOINT']) await runSql(url, sql)
}

/** Fills the journal of a service that is down with tickets that wait for Kafka, as it takes them in itself. */
export async function fillWithTickets(path: string, count: number) {
  const config = readConfig({
    HOST: '127.0.0.1',
    CORE_BASE_URL: 'http://127.0.0.1/v1',
    JOURNAL_PATH: path,
    JOURNAL_MAX_BYTES: String(2 ** 34),
  })
  const metrics = createMetrics()
  const journal = createSqliteJournal(config.journal, {
    clock: systemClock,
    log: createLogger('error'),
    metrics,
  })
  const hashCard = createKeyedHash(config.journal.cardHashKey)
  const accept = createTicket({
    ...{ journal, metrics, hashCard, maskId: createMaskId(hashCard) },
    wakeRelay: () => undefined,
    withoutCard: 'publish',
  })
  const venue = { id: messages.credentials.venueId, coreId: '5b1e', currency: 'GBP' }
  const caller = { venue, credentials: toCredentials(venue.id, messages.credentials.apiKey) }
  const settings = { ...config.zonal, withoutCard: config.tickets.withoutCard }
  const takeIn = (number: number) => {
    const text = messages.ticket.replaceAll('@N@', String(number))
    const read = readRequest({ path: 'ticket', mediaType: 'application/json', text })
    if (read.operation === undefined) throw read.problem
    return accept(parseTicket(read, venue, settings).ticket, caller, createExchange(systemClock, 60_000))
  }
  const atOnce = 500
  for (let first = 0; first < count; first += atOnce)
    await Promise.all(
      Array.from({ length: Math.min(atOnce, count - first) }, (_, index) => takeIn(first + index)),
    )
  await journal.close()
}
