import { closeSync, openSync, statSync, writeSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

const pageBytes = 4096

/** Overwrites all of a journal but its first page, as a failing disk might, while others have it open. */
export function damage(path: string) {
  settleOnDisk(path)
  overwrite(path, pageBytes, statSync(path).size - pageBytes)
}

/** Overwrites one page, counted from 1. */
export function damagePage(path: string, page: number) {
  settleOnDisk(path)
  overwrite(path, (page - 1) * pageBytes, pageBytes)
}

/** @returns the first page of each table and index, by name */
export function rootPages(path: string): { name: string; page: number }[] {
  const file = new DatabaseSync(path)
  const rows = file.prepare('SELECT name, rootpage FROM sqlite_schema WHERE rootpage > 0').all()
  file.close()
  return rows.map(({ name, rootpage }) => ({ name: String(name), page: Number(rootpage) }))
}

/** Moves the log into the file, and makes open connections drop the pages that they have cached. */
function settleOnDisk(path: string) {
  const other = new DatabaseSync(path)
  other.exec('PRAGMA application_id = 1; PRAGMA wal_checkpoint(TRUNCATE)')
  other.close()
}

function overwrite(path: string, fromByte: number, bytes: number) {
  const file = openSync(path, 'r+')
  writeSync(file, Buffer.alloc(bytes, 0xaa), 0, undefined, fromByte)
  closeSync(file)
}
