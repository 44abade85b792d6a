import { StorageUnavailable } from '../../model/refusal.ts'
import { existsSync, mkdirSync, renameSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import type { Logger } from '../../observability/logger.ts'
import type { Answer, Row, Statement, Value, Work } from '../work.ts'
import { migrations } from './migrations.ts'

export type Database = {
  run(sql: string, values?: Row): { changes: number }
  get(sql: string, values?: Row): Row | undefined
  /** Reads the rows one after the other, while the caller asks for them. */
  each(sql: string): IterableIterator<Row>
  /** Runs it to its end. */
  do<T>(work: Work<T>): T
  /** The bytes of the pages in use, and of the write-ahead log beside the file. */
  sizes(): { bytes: number; walBytes: number }
  /**
   * Copies the write-ahead log into the file and truncates it, as far as readers allow without waiting for them.
   * @throws SQLite's error, within a transaction or if the disk fails
   */
  checkpoint(): void
  /** Opens a new connection: one that was opened while the file was read-only stays read-only. */
  renew(): void
  close(): void
}

/**
 * How long to wait for a lock. The service refuses early, since nothing else runs while it waits, and an answer at the
 * till's deadline has only 100 ms to spare. An operator's command has time.
 */
const serviceWaitMs = 50
const commandWaitMs = 5_000
/** The write-ahead log is truncated to this size when it starts over. */
export const walKeptBytes = 16 * 1024 * 1024

/**
 * Opens the file and brings its schema up to date. A damaged file is moved aside, never deleted: the service starts
 * with an empty one, and logs an error.
 *
 * @throws StorageUnavailable if the file cannot be opened, or was written by a newer version
 */
export function openDatabase(path: string, log: Logger): Database {
  try {
    mkdirSync(dirname(path), { recursive: true })
    return checked(open(path, serviceWaitMs, migrate))
  } catch (error) {
    if (!isDamaged(error)) throw storageUnavailable(error)
    const asidePath = `${path}.damaged-${new Date().toISOString().replaceAll(':', '-')}`
    for (const end of ['', '-wal', '-shm'])
      if (existsSync(path + end)) renameSync(path + end, asidePath + end)
    log.error(
      { asidePath },
      'the journal is damaged: it was moved aside and a new one was created; see what can be recovered',
    )
    const created = open(path, serviceWaitMs, migrate)
    // Counts as started after a kill: the log of calls to the core is lost with the file.
    created.run('INSERT INTO starts VALUES (1, 0)')
    return created
  }
}

/**
 * Opens the file of a service that may be running, for an operator's command. Never creates, moves or migrates it.
 *
 * @throws StorageUnavailable if there is none, or it is damaged or of another version
 */
export function openExistingDatabase(path: string): Database {
  if (!existsSync(path)) throw new StorageUnavailable(`there is no journal at ${path}`)
  try {
    return open(path, commandWaitMs, checkVersion)
  } catch (error) {
    throw storageUnavailable(error)
  }
}

function open(path: string, waitMs: number, prepareSchema: (file: DatabaseSync) => void): Database {
  let file = connect(path, waitMs, prepareSchema)
  const statements = new Map<string, StatementSync>()
  const prepare = (sql: string) => {
    let statement = statements.get(sql)
    if (!statement) statements.set(sql, (statement = file.prepare(sql)))
    return statement
  }
  const get = (sql: string, values: Row = {}) => prepare(sql).get(values) as Row | undefined
  return {
    run: (sql, values = {}) => ({ changes: Number(prepare(sql).run(values).changes) }),
    get,
    each: (sql) => prepare(sql).iterate() as IterableIterator<Row>,
    do<T>(work: Work<T>): T {
      let step = work.next()
      while (!step.done) step = work.next(answer(prepare(step.value.sql), step.value))
      return step.value
    },
    sizes() {
      // One statement each: as tables of one SELECT, SQLite would parse the pragmas every time.
      const [pages = NaN, freePages = NaN, pageBytes = NaN] = [
        'page_count',
        'freelist_count',
        'page_size',
      ].map((name) => Number(get(`PRAGMA ${name}`)?.[name]))
      const wal = statSync(`${path}-wal`, { throwIfNoEntry: false })
      return { bytes: (pages - freePages) * pageBytes, walBytes: wal?.size ?? 0 }
    },
    checkpoint() {
      try {
        file.exec('PRAGMA busy_timeout = 0; PRAGMA wal_checkpoint(TRUNCATE)')
      } finally {
        file.exec(`PRAGMA busy_timeout = ${waitMs}`)
      }
    },
    renew() {
      const renewed = connect(path, waitMs, prepareSchema)
      statements.clear()
      file.close()
      file = renewed
    },
    close: () => file.close(),
  }
}

function answer(prepared: StatementSync, { gets, values: bound }: Statement): Answer {
  const values = (Array.isArray(bound) ? bound : [bound]) as Value[]
  switch (gets) {
    case 'all':
      return { rows: prepared.all(...values) as Row[], changes: 0 }
    case 'first': {
      const row = prepared.get(...values) as Row | undefined
      return { rows: row ? [row] : [], changes: 0 }
    }
    case 'changes':
      return { rows: [], changes: Number(prepared.run(...values).changes) }
  }
}

function connect(path: string, waitMs: number, prepareSchema: (file: DatabaseSync) => void): DatabaseSync {
  const file = new DatabaseSync(path)
  try {
    // WAL with FULL syncs every commit, so that what the till heard OK for survives a power cut.
    file.exec(`PRAGMA busy_timeout = ${waitMs}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL`)
    file.exec(`PRAGMA journal_size_limit = ${walKeptBytes}`)
    prepareSchema(file)
    return file
  } catch (error) {
    file.close()
    throw error
  }
}

/** Checks all pages at the start: a damaged one would otherwise fail the requests of each till that needs it. */
function checked(file: Database): Database {
  const found = file.get('PRAGMA quick_check(1)')?.quick_check
  if (found === 'ok') return file
  file.close()
  throw new Damaged(String(found))
}

/** Forward only; the version is SQLite's own `user_version`. */
function migrate(file: DatabaseSync) {
  const version = versionOf(file)
  if (version > migrations.length)
    throw new StorageUnavailable(
      `the journal's schema ${version} is newer than this version knows (${migrations.length})`,
    )
  for (const [index, migration] of migrations.entries()) {
    if (index < version) continue
    file.exec(`BEGIN IMMEDIATE; ${migration}; PRAGMA user_version = ${index + 1}; COMMIT`)
  }
}

function checkVersion(file: DatabaseSync) {
  const version = versionOf(file)
  if (version !== migrations.length)
    throw new StorageUnavailable(
      `the journal's schema is ${version} and this command's ${migrations.length}: use the command of the running service`,
    )
}

function versionOf(file: DatabaseSync): number {
  return Number(file.prepare('PRAGMA user_version').get()?.user_version)
}

/** After some errors, such as a full disk, SQLite has already rolled back by itself. */
export function rollBack(db: Database) {
  try {
    db.run('ROLLBACK')
  } catch {
    // No transaction is open any more.
  }
}

/** Any error of SQLite except broken constraints and misuse, which are bugs of ours: https://sqlite.org/rescode.html */
export function isStorageTrouble(error: unknown): boolean {
  const result = resultCode(error)
  return result !== undefined && ![1, 19, 20, 21, 25].includes(result)
}

/** SQLITE_BUSY: another connection has the lock. */
export function isBusy(error: unknown): boolean {
  return resultCode(error) === 5
}

/** @returns the error itself if it is a StorageUnavailable; else one with its message, and the error as its cause */
export function storageUnavailable(error: unknown): StorageUnavailable {
  if (error instanceof StorageUnavailable) return error
  return new StorageUnavailable(error instanceof Error ? error.message : 'unknown', { cause: error })
}

class Damaged extends Error {
  override name = 'Damaged'
}

/** SQLITE_CORRUPT and SQLITE_NOTADB. */
export function isDamaged(error: unknown): boolean {
  return error instanceof Damaged || [11, 26].includes(resultCode(error) ?? 0)
}

function resultCode(error: unknown): number | undefined {
  const isSqliteError = error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'
  return isSqliteError ? (error.errcode as number) & 0xff : undefined
}
