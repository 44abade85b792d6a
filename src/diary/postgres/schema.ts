import { columnNames, createIndex, indexes } from '../entry.ts'

/** Advisory lock for making and dropping tables of the diary. Any number, as long as it never changes. */
const diaryLock = 7_351_903

/** Waits for it, as long as a transaction of the diary waits for any lock. */
export const lockSql = `SELECT pg_advisory_xact_lock(${diaryLock})`
export const tryLockSql = `SELECT pg_try_advisory_xact_lock(${diaryLock}) AS is_locked`

/**
 * Rows are in segments, each a table that is dropped as a whole, since DELETE does not return space to the disk. A segment
 * has its start time in its name. Look-ups read the parent table, `diary.entries`, which has no rows of its own.
 */
export const createSchemaSql = `
  CREATE SCHEMA IF NOT EXISTS diary;
  CREATE TABLE IF NOT EXISTS diary.entries (
    at             bigint NOT NULL,
    message        text NOT NULL,
    code           text NOT NULL,
    venue_id       text NOT NULL,
    venue          text,
    tenant         text,
    account        text,
    card_hash      text,
    card_masked    text,
    ticket_id      text,
    transaction_id text,
    request_id     text,
    redemption_id  text,
    event_id       text,
    replica        text NOT NULL,
    facts          text NOT NULL
  );`

/** @returns SQL that makes a segment; fails if there is one with this start time */
export function createSegmentSql(beginMs: number): string {
  const name = `entries_${beginMs}`
  const table = `diary.${name}`
  return `CREATE TABLE ${table} () INHERITS (diary.entries) WITH (autovacuum_vacuum_insert_scale_factor = 0.1);
  ${indexes.map((index) => createIndex(table, name, index)).join('\n  ')}`
}

/** The begin of each segment, the oldest first, and the bytes that it uses with its indexes. */
export const segmentsSql = `
  SELECT substr(c.relname, 9)::bigint AS begin_ms, pg_total_relation_size(c.oid) AS bytes
  FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
  WHERE i.inhparent = to_regclass('diary.entries') ORDER BY 1`

/** All rows of a batch as one parameter, so that it is one statement whatever their number. */
export function insertSql(beginMs: number): string {
  const names = columnNames.join(', ')
  return `INSERT INTO diary.entries_${beginMs} (${names})
    SELECT ${names} FROM json_populate_recordset(NULL::diary.entries, $1::json)`
}
