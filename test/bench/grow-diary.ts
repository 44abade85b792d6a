import { DatabaseSync } from 'node:sqlite'
import { createSchemaSql, createSegmentSql } from '../../src/diary/postgres/schema.ts'
import { migrations } from '../../src/diary/sqlite/migrations.ts'
import { diaryPathOf } from '../../src/diary/sqlite/store.ts'
import { runSql } from '../support/postgres-database.ts'

const days = 35
const dayMs = 24 * 60 * 60 * 1000
const beganMs = Date.now() - days * dayMs
const venues = 100
const rowsOfBill = 5
const cardsShare = 4

/** Scatters ids: both are odd, so that no two numbers have the same. */
const scatter = { request: 2_654_435_761, redemption: 2_246_822_519 }
const facts = JSON.stringify({
  status: 200,
  durationMs: 12.5,
  isAnswered: true,
  openBreakers: [],
  sourceAddress: '192.0.2.10',
  dialect: 'json',
  rewardId: 'uc-coffee',
  coreCalls: [{ operation: 'redeemCoupon', outcome: 'done', status: 200, durationMs: 9.87 }],
})

/** @returns what the row with this number has, of those that are looked for; of a multiple of four, which is a debit */
export function keysOf(number: number, rows: number) {
  const bill = Math.floor(number / rowsOfBill)
  const hex = (factor: number) =>
    ((BigInt(number) * BigInt(factor)) % 4_294_967_296n).toString(16).padStart(8, '0')
  const end = number.toString(16).padStart(12, '0')
  return {
    atMs: Math.floor(beganMs + (number / rows) * days * dayMs),
    venueId: String(1900 + (bill % venues)),
    account: `A-${bill}`,
    cardHash: String(number % Math.floor(rows / cardsShare)).padStart(64, '0'),
    requestId: `${hex(scatter.request)}-0000-4000-8000-${end}`,
    transactionId: `T-${number}`,
    redemptionId: `${hex(scatter.redemption)}-0000-5000-8000-${end}`,
    ticketId: `B-${number + 3}`,
  }
}

/** Fills the diary of a service that is down: three debits, then a ticket, as after 35 days. */
export function growDiaryFile(journalPath: string, rows: number) {
  using file = new DatabaseSync(diaryPathOf(journalPath))
  file.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; BEGIN; ${migrations.join(';')};
    PRAGMA user_version = ${migrations.length};
    INSERT INTO entries (at, message, code, venue_id, venue, account, card_hash, card_masked, ticket_id, transaction_id,
        request_id, redemption_id, event_id, replica, facts)
      WITH RECURSIVE counted(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM counted WHERE n < ${rows - 1})
      SELECT ${beganMs} + CAST(n * ${(days * dayMs) / rows} AS INTEGER),
        iif(n % 4 = 3, 'ticket', 'debit'), 'OK', 1900 + (n / ${rowsOfBill}) % ${venues}, '5b1e', 'A-' || (n / ${rowsOfBill}),
        printf('%064d', n % ${Math.floor(rows / cardsShare)}), '*1001', iif(n % 4 = 3, 'B-' || n, NULL), 'T-' || n,
        printf('%08x-0000-4000-8000-%012x', (n * ${scatter.request}) % 4294967296, n),
        iif(n % 4 = 3, NULL, printf('%08x-0000-5000-8000-%012x', (n * ${scatter.redemption}) % 4294967296, n)),
        iif(n % 4 = 3, printf('event-%d', n), NULL), 'adapter-0', '${facts}' FROM counted;
    COMMIT; ANALYZE`)
}

/** The same in PostgreSQL, a segment for each day. @param url of a database with the journal's schema */
export async function growDiaryInPostgres(url: string, rows: number) {
  await runSql(url, createSchemaSql)
  const perDay = Math.ceil(rows / days)
  for (let day = 0; day < days; day++) {
    const beginMs = beganMs + day * dayMs
    await runSql(url, createSegmentSql(beginMs))
    await runSql(
      url,
      `INSERT INTO diary.entries_${beginMs} (at, message, code, venue_id, venue, account, card_hash, card_masked, ticket_id,
          transaction_id, request_id, redemption_id, event_id, replica, facts)
        SELECT ${beganMs} + (n * ${(days * dayMs) / rows})::bigint,
          CASE WHEN n % 4 = 3 THEN 'ticket' ELSE 'debit' END, 'OK', 1900 + (n / ${rowsOfBill}) % ${venues}, '5b1e',
          'A-' || (n / ${rowsOfBill}), lpad((n % ${Math.floor(rows / cardsShare)})::text, 64, '0'), '*1001',
          CASE WHEN n % 4 = 3 THEN 'B-' || n END, 'T-' || n,
          lpad(to_hex((n * ${scatter.request}) % 4294967296), 8, '0') || '-0000-4000-8000-' || lpad(to_hex(n), 12, '0'),
          CASE WHEN n % 4 <> 3 THEN lpad(to_hex((n * ${scatter.redemption}) % 4294967296), 8, '0') || '-0000-5000-8000-' ||
            lpad(to_hex(n), 12, '0') END,
          CASE WHEN n % 4 = 3 THEN 'event-' || n END, 'adapter-0', '${facts}'
        FROM generate_series(${day * perDay}::bigint, ${Math.min(rows, (day + 1) * perDay) - 1}::bigint) AS n`,
    )
  }
  // Otherwise the database would do it while it is measured.
  for (const sql of ['VACUUM ANALYZE', 'CHECKPOINT']) await runSql(url, sql)
}
