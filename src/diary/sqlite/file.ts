import { rmSync, statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { isDamaged } from '../../journal/sqlite/database.ts'
import type { Value } from '../../journal/work.ts'
import { columnNames, eraseSql } from '../entry.ts'
import { migrations } from './migrations.ts'

/** Rows deleted at once: a fraction of a second, in a thread that no till waits for. */
const stepRows = 1_000
/** From here on the oldest rows go. */
const fullShare = 0.95
const maxWalBytes = 16 * 1024 * 1024

const insertSql = `INSERT INTO entries (${columnNames.join(', ')}) VALUES (${columnNames.map(() => '?').join(', ')})`
const forgetSql = 'DELETE FROM entries WHERE id IN (SELECT id FROM entries ORDER BY id LIMIT ?)'
/** Rows are in the order of their ids nearly by age, so that only the first ones have to be looked at. */
const forgetOldSql = `DELETE FROM entries WHERE id IN
  (SELECT id FROM (SELECT id, at FROM entries ORDER BY id LIMIT ?) WHERE at < ?)`

/**
 * Opens the diary's file to write to it, and makes it if there is none. Nothing is synced: a power cut may damage it, and
 * then it begins anew, since it is a diary.
 *
 * @param maxBytes file and write-ahead log together never need more
 * @throws SQLite's error, and so does every function
 */
export function openToWrite(path: string, maxBytes: number) {
  let { file, hasBegunAnew } = openOrBeginAnew(path)
  let inode = inodeOf(path)
  const walBytes = Math.min(maxWalBytes, maxBytes / 4)
  setLimit()

  function setLimit() {
    const pageBytes = pragma('page_size')
    file.exec(`PRAGMA max_page_count = ${Math.floor((maxBytes - walBytes) / pageBytes)}`)
  }

  function pragma(name: string): number {
    return Number(file.prepare(`PRAGMA ${name}`).get()?.[name])
  }

  /** Of the pages that are in use. */
  function usedBytes(): number {
    return (pragma('page_count') - pragma('freelist_count')) * pragma('page_size')
  }

  /** A reader that does not end keeps the log from being emptied. */
  function checkLog() {
    if (logBytes() <= walBytes) return
    file.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    if (logBytes() > walBytes) throw new Error("the diary's write-ahead log is held open by a reader")
  }

  function logBytes(): number {
    return statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0
  }

  function transact<T>(work: () => T): T {
    file.exec('BEGIN IMMEDIATE')
    try {
      const result = work()
      file.exec('COMMIT')
      return result
    } catch (error) {
      if (file.isTransaction) file.exec('ROLLBACK')
      throw error
    }
  }

  return {
    /** @returns whether a damaged file was deleted, since this was asked last */
    takeHasBegunAnew(): boolean {
      const had = hasBegunAnew
      hasBegunAnew = false
      return had
    },

    insert(rows: Value[][]): void {
      checkLog()
      // First, and in a transaction of its own: only then are its pages free.
      if (usedBytes() > fullShare * (maxBytes - walBytes))
        transact(() => file.prepare(forgetSql).run(Math.max(stepRows, 2 * rows.length)))
      transact(() => {
        const insert = file.prepare(insertSql)
        for (const row of rows) insert.run(...row)
      })
    },

    /** Overwrites what it erases. */
    erase(cardHash: string): void {
      file.exec('PRAGMA secure_delete = ON')
      transact(() => file.prepare(`${eraseSql} ?`).run(cardHash))
      file.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    },

    /** One step. @returns whether nothing was left to delete, and the bytes in use */
    tidy(beforeMs: number): { isTidy: boolean; bytes: number } {
      if (inodeOf(path) !== inode) {
        file.close()
        file = openOrBeginAnew(path).file
        inode = inodeOf(path)
        setLimit()
      }
      checkLog()
      const { changes } = transact(() => file.prepare(forgetOldSql).run(stepRows, beforeMs))
      return { isTidy: Number(changes) < stepRows, bytes: usedBytes() + logBytes() }
    },

    close: () => file.close(),
  }
}

function openOrBeginAnew(path: string): { file: DatabaseSync; hasBegunAnew: boolean } {
  try {
    return { file: open(path), hasBegunAnew: false }
  } catch (error) {
    if (!isDamaged(error)) throw error
    for (const end of ['', '-wal', '-shm']) rmSync(path + end, { force: true })
    return { file: open(path), hasBegunAnew: true }
  }
}

function open(path: string): DatabaseSync {
  const file = new DatabaseSync(path)
  try {
    file.exec('PRAGMA busy_timeout = 1000; PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF')
    file.exec(
      'PRAGMA wal_autocheckpoint = 500; PRAGMA journal_size_limit = 4194304; PRAGMA cache_size = -4096',
    )
    migrate(file)
    return file
  } catch (error) {
    file.close()
    throw error
  }
}

/**
 * A file of a later release is used as it is: that only adds columns. Looked at again under the lock, since a command may
 * open a new file when the service does.
 */
function migrate(file: DatabaseSync) {
  if (versionOf(file) >= migrations.length) return
  file.exec('BEGIN IMMEDIATE')
  const version = versionOf(file)
  for (const migration of migrations.slice(version)) file.exec(migration)
  file.exec(`PRAGMA user_version = ${Math.max(version, migrations.length)}; COMMIT`)
}

function versionOf(file: DatabaseSync): number {
  return Number(file.prepare('PRAGMA user_version').get()?.user_version)
}

function inodeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.ino
}
