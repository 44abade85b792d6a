import { existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { JournalInUse } from '../journal.ts'
import { isBusy, storageUnavailable } from './database.ts'

/**
 * Makes this process the only service on a journal's file, until it lets go or ends, however it ends. Operators' commands
 * do not need to be the owner.
 *
 * The lock is an open transaction on a file of its own, since the system drops that lock with the process. The text file
 * beside it only says who holds it.
 *
 * @returns what lets go; safe to call twice
 * @throws JournalInUse saying who has it; StorageUnavailable where the folder cannot be written
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
      `the journal ${path} is in use by ${readOwner(ownerPath)}: stop that first, or give this one another JOURNAL_PATH`,
    )
  }
}

/** However the path is written, and through links: one file has one owner. */
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

/** Only for whoever is refused: on a read-only volume the lock alone has to do. */
function writeOwner(path: string) {
  try {
    writeFileSync(path, `process ${process.pid} on ${hostname()}, since ${new Date().toISOString()}\n`)
  } catch {
    // The lock is held all the same.
  }
}

function readOwner(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim() || 'another process'
  } catch {
    return 'another process'
  }
}
