import { StorageUnavailable } from '../../model/refusal.ts'
import { randomInt } from 'node:crypto'
import { closeSync, openSync, readSync, statSync, type BigIntStats } from 'node:fs'
import { isStorageTrouble, type Database } from './database.ts'

export type FileWatch = {
  /** @returns what has become of the files; undefined while they are the ones that were opened */
  lost(): string | undefined
  /**
   * Before every use: SQLite has the index of the log (`-shm`) mapped, and if somebody has cut it, a look at it ends the
   * process by a signal, without a word.
   * @throws StorageUnavailable if it was cut
   */
  checkIndex(): void
}

/** Offsets in a database's first page: https://sqlite.org/fileformat.html#the_database_header */
const applicationIdAt = 68
const headerBytes = 72
const magic = 'SQLite format 3\0'
/** Reading the header costs more than looking at the files. */
const headerEveryMs = 1_000

/**
 * Gives the database a number of its own, so that another in its place can be told from it.
 * @returns undefined if that could not be written just now
 */
export function identify(db: Database): number | undefined {
  try {
    const known = Number(db.get('PRAGMA application_id')?.application_id)
    const id = known === 0 ? randomInt(1, 2 ** 31) : known
    if (known === 0) db.run(`PRAGMA application_id = ${id}`)
    // The header is read from the file, not through the log.
    return db.get('PRAGMA wal_checkpoint(TRUNCATE)')?.busy === 0 ? id : undefined
  } catch (error) {
    if (isStorageTrouble(error)) return undefined
    throw error
  }
}

/**
 * Notices that somebody deletes, moves, replaces or overwrites the file while it is open: SQLite would go on writing
 * into what nobody will ever find again. It does not notice a file that is overwritten by an earlier copy of itself that
 * is as long.
 *
 * @param applicationId as `identify` has returned it
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
    // The log is cut by whoever copies it into the file, the file itself never is.
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
