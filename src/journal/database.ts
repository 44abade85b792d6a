import { existsSync, mkdirSync, renameSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import type { Logger } from '../observability/logger.ts'
import { migrations } from './migrations.ts'
import { StorageUnavailable } from './journal.ts'

export type Row = Record<string, SQLInputValue>

export type Database = {
  run(sql: string, values?: Row): { changes: number }
  get(sql: string, values?: Row): Row | undefined
  all(sql: string, values?: Row): Row[]
  close(): void
}

/**
 * Opens the file, brings its schema up to date, and lets only this process write.
 * A damaged file is moved aside, never deleted: the service starts with an empty one and says so loudly.
 *
 * @throws StorageUnavailable where the file cannot be opened, or was written by a newer version
 */
export function openDatabase(path: string, log: Logger): Database {
  mkdirSync(dirname(path), { recursive: true })
  try {
    return open(path)
  } catch (error) {
    if (!isDamaged(error)) throw storageUnavailable(error)
    const asidePath = `${path}.damaged-${new Date().toISOString().replaceAll(':', '-')}`
    for (const end of ['', '-wal', '-shm'])
      if (existsSync(path + end)) renameSync(path + end, asidePath + end)
    log.error(
      { asidePath },
      'the journal is damaged: it was moved aside and a new one begun; look for what it held',
    )
    return open(path)
  }
}

function open(path: string): Database {
  const file = new DatabaseSync(path)
  try {
    // WAL with FULL syncs every commit, so that what was answered OK survives a power cut.
    file.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 200')
    migrate(file)
  } catch (error) {
    file.close()
    throw error
  }

  const statements = new Map<string, StatementSync>()
  const prepare = (sql: string) => {
    let statement = statements.get(sql)
    if (!statement) statements.set(sql, (statement = file.prepare(sql)))
    return statement
  }
  return {
    run: (sql, values = {}) => ({ changes: Number(prepare(sql).run(values).changes) }),
    get: (sql, values = {}) => prepare(sql).get(values) as Row | undefined,
    all: (sql, values = {}) => prepare(sql).all(values) as Row[],
    close: () => file.close(),
  }
}

/** Forward only; the version is SQLite's own `user_version`. */
function migrate(file: DatabaseSync) {
  const { user_version: version } = file.prepare('PRAGMA user_version').get() as { user_version: number }
  if (version > migrations.length)
    throw new StorageUnavailable(
      `the journal's schema ${version} is newer than this version knows (${migrations.length})`,
    )
  for (const [index, migration] of migrations.entries()) {
    if (index < version) continue
    file.exec(`BEGIN IMMEDIATE; ${migration}; PRAGMA user_version = ${index + 1}; COMMIT`)
  }
}

/** Anything SQLite says but a broken constraint or misuse, which are mistakes of ours: https://sqlite.org/rescode.html */
export function isStorageTrouble(error: unknown): boolean {
  const result = resultCode(error)
  return result !== undefined && ![1, 19, 20, 21, 25].includes(result)
}

export function storageUnavailable(error: unknown): StorageUnavailable {
  if (error instanceof StorageUnavailable) return error
  return new StorageUnavailable(error instanceof Error ? error.message : 'unknown', { cause: error })
}

/** SQLITE_CORRUPT and SQLITE_NOTADB. */
function isDamaged(error: unknown): boolean {
  return [11, 26].includes(resultCode(error) ?? 0)
}

function resultCode(error: unknown): number | undefined {
  const isOfSqlite = error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'
  return isOfSqlite ? (error.errcode as number) & 0xff : undefined
}
