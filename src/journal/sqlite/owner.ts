import { existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { JournalInUse } from '../journal.ts'
import { isBusy, storageUnavailable } from './database.ts'

/**
 * Makes this process the only service on a journal's file, until it releases it or ends in whatever way. Operators'
 * commands need not own the file.
 *
 * The lock is an open transaction on a separate file, since the system releases that when the process ends. The text
 * file beside it only says who holds the lock.
 *
 * @returns a function that releases it; safe to call twice
 * @throws JournalInUse with its owner; StorageUnavailable if the folder cannot be written
 */
export function ownJournal(path: string): () => void {
  mkdirSync(dirname(path), { recursive: true })
  const ownPath = resolved(path)
  const ownerPath = `${ownPath}.owner`
  const lock = openLock(`${ownPath}.lock`)
  try {
    lock.exec('PRAGMA busy_timeout = 1000; BEGIN IMMEDIATE')
    writeOwner(ownerPath)
    return () => {
      if (lock.isOpen) lock.close()
    }
  } catch (error) {
    lock.close()
    if (!isBusy(error)) throw storageUnavailable(error)
    throw new JournalInUse(
      `the journal ${path} is in use by ${readOwner(ownerPath)}: stop that first, or use another file`,
    )
  }
}

/** Resolves links and relative paths, so that one file has one owner. */
function resolved(path: string): string {
  return existsSync(path) ? realpathSync(path) : join(realpathSync(dirname(path)), basename(path))
}

function openLock(path: string): DatabaseSync {
  try {
    return new DatabaseSync(path)
  } catch (error) {
    throw storageUnavailable(error)
  }
}

/** Only for the error message of a process that is refused, so it may fail, as on a read-only volume. */
function writeOwner(path: string) {
  try {
    writeFileSync(path, `process ${process.pid} on ${hostname()}, since ${new Date().toISOString()}\n`)
  } catch {
    // The lock is what counts.
  }
}

function readOwner(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim() || 'another process'
  } catch {
    return 'another process'
  }
}
