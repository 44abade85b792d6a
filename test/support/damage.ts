import { closeSync, openSync, statSync, writeSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

/** Overwrites all of a journal but its first page, as a failing disk might, while others have it open. */
export function damage(path: string) {
  const other = new DatabaseSync(path)
  // So that nobody lives on what they have read, or what is in the log.
  other.exec('PRAGMA application_id = 1; PRAGMA wal_checkpoint(TRUNCATE)')
  other.close()
  const file = openSync(path, 'r+')
  const pageBytes = 4096
  writeSync(file, Buffer.alloc(statSync(path).size - pageBytes, 0xaa), 0, undefined, pageBytes)
  closeSync(file)
}
