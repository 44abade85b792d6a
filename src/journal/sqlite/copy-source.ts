import { CopyRefused, type CopiedTable } from '../copied-tables.ts'
import { checkSealKeys } from '../seal-keys.ts'
import { createSeal } from '../seal.ts'
import type { Row } from '../work.ts'
import { openExistingDatabase, storageUnavailable, type Database } from './database.ts'
import { ownJournal } from './owner.ts'

/** SQL for what has another form in PostgreSQL: the calls that the core may still count, as an array of whole numbers. */
const otherForms: Partial<Record<CopiedTable, string>> = {
  budgets: `SELECT scope, coalesce(blocked_until, 0) AS blocked_until_ms,
    (SELECT '{' || coalesce(group_concat(CAST(ceil(value) AS INTEGER)), '') || '}' FROM json_each(free_at)) AS until_ms
    FROM budget`,
}

/**
 * Opens the file of a service that does not run, to read all of it. Until it is closed, no service starts on it and no
 * operator's command changes it.
 *
 * @throws CopyRefused if it is damaged, JournalInUse, JournalKeyMissing, StorageUnavailable
 */
export function openCopySource(path: string, keys: readonly string[]) {
  // First, since it creates nothing.
  const db = openExistingDatabase(path)
  let release: (() => void) | undefined
  const close = () => {
    db.close()
    release?.()
  }
  try {
    release = ownJournal(path)
    db.run('BEGIN IMMEDIATE')
    checkPages(db, path)
    db.do(checkSealKeys(createSeal(keys).keyIds))
    return {
      /** Epoch ms: when a service last ran on it. */
      lastSeenMs: Number(db.get('SELECT seen_at FROM clock')?.seen_at ?? 0),
      /** It did not stop by itself, so what it sent last is not in its budget. */
      wasKilled: db.get('SELECT is_clean FROM starts')?.is_clean === 0,
      rows: (table: CopiedTable) => readRows(db, table),
      close,
    }
  } catch (error) {
    close()
    throw error instanceof Error && 'errcode' in error ? storageUnavailable(error) : error
  }
}

/** Rows on a damaged page would be left out silently. */
function checkPages(db: Database, path: string) {
  const found = db.get('PRAGMA quick_check(1)')?.quick_check
  if (found !== 'ok') throw new CopyRefused(`the journal ${path} is damaged (${found}): recover it first`)
}

/** @returns all rows, in the order in which they were written */
function* readRows(db: Database, table: CopiedTable): Generator<Row> {
  try {
    yield* db.each(`${otherForms[table] ?? `SELECT * FROM ${table}`} ORDER BY rowid`)
  } catch (error) {
    throw storageUnavailable(error)
  }
}
