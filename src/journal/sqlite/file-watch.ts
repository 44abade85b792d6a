import { StorageUnavailable } from '../../model/refusal.ts'
import { randomInt } from 'node:crypto'
import { closeSync, openSync, readSync, statSync, type BigIntStats } from 'node:fs'
import { isStorageTrouble, type Database } from './database.ts'

export type FileWatch = {
  /** @returns what happened to the files; undefined while they are the ones that were opened */
  lost(): string | undefined
  /**
   * To be called before every use of the file. SQLite maps the index of the log (`-shm`) into memory; if that was cut,
   * the next access kills the process by a signal, without a log line.
   * @throws StorageUnavailable if it was cut
   */
  checkIndex(): void
}

/** Offsets in a database's first page: https://sqlite.org/fileformat.html#the_database_header */
const applicationIdAt = 68
const headerBytes = 72
const magic = 'SQLite format 3\0'
/** Reading the header costs more than a `stat` of the files, so it is done less often. */
const headerEveryMs = 1_000

/**
 * Gives the database a random number, so that another file in its place can be recognised.
 * @returns the number; undefined if it could not be written
 */
export function identify(db: Database): number | undefined {
  try {
    const storedId = Number(db.get('PRAGMA application_id')?.application_id)
    const id = storedId === 0 ? randomInt(1, 2 ** 31) : storedId
    if (storedId === 0) db.run(`PRAGMA application_id = ${id}`)
    // It has to be in the file itself, not only in the log, since the header is read from the file.
    return db.get('PRAGMA wal_checkpoint(TRUNCATE)')?.busy === 0 ? id : undefined
  } catch (error) {
    if (isStorageTrouble(error)) return undefined
    throw error
  }
}

/**
 * Notices if the file is deleted, moved, replaced or overwritten while it is open: SQLite would go on writing to a file
 * that no longer has a name. Does not notice if it is overwritten by an earlier copy of itself of the same length.
 *
 * @param applicationId as returned by `identify`
 * @param onIndexCut has to end the process
 */
export function watchFile(
  path: string,
  applicationId: number | undefined,
  onIndexCut: () => void,
): FileWatch {
  const seen = new Map<string, BigIntStats>()
  let headerReadAtMs = -Infinity
  let isHeaderOurs = true
  let indexBytes = 0

  function lostFile(end: string, what: string): string | undefined {
    const stats = statSync(path + end, { bigint: true, throwIfNoEntry: false })
    const before = seen.get(end)
    if (!stats) return before && `${what} is gone`
    if (before && (before.ino !== stats.ino || before.dev !== stats.dev)) return `${what} was replaced`
    // A checkpoint may truncate the log; the file itself never shrinks.
    if (before && end !== '-wal' && stats.size < before.size) return `${what} was cut short`
    seen.set(end, stats)
    return undefined
  }

  function readsAsOurs(): boolean {
    const header = readHeader(path)
    return (
      header?.toString('latin1', 0, magic.length) === magic &&
      (applicationId === undefined || header.readInt32BE(applicationIdAt) === applicationId)
    )
  }

  function lostHeader(): string | undefined {
    if (performance.now() - headerReadAtMs >= headerEveryMs) {
      headerReadAtMs = performance.now()
      isHeaderOurs = readsAsOurs()
    }
    return isHeaderOurs ? undefined : "the journal's file was overwritten"
  }

  return {
    lost: () =>
      lostFile('-shm', "the journal's index") ??
      lostFile('', "the journal's file") ??
      lostFile('-wal', "the journal's log") ??
      lostHeader(),
    checkIndex() {
      const bytes = statSync(`${path}-shm`, { throwIfNoEntry: false })?.size ?? 0
      const isCut = bytes < indexBytes
      indexBytes = bytes
      if (!isCut) return
      onIndexCut()
      throw new StorageUnavailable("the index of the journal's log was cut")
    },
  }
}

function readHeader(path: string): Buffer | undefined {
  const header = Buffer.alloc(headerBytes)
  let file: number | undefined
  try {
    file = openSync(path, 'r')
    return readSync(file, header, 0, headerBytes, 0) === headerBytes ? header : undefined
  } catch {
    return undefined
  } finally {
    if (file !== undefined) closeSync(file)
  }
}
