import type { Config } from '../../config/config.ts'
import { StorageUnavailable } from '../../model/refusal.ts'
import type { BeginWork, Intake } from '../access.ts'
import type { JournalDeps } from '../journal.ts'
import { createRetention } from '../retention.ts'
import { createTroubles } from '../troubles.ts'
import { createClockJumps } from './clock-jumps.ts'
import { isDamaged, isStorageTrouble, storageUnavailable, walKeptBytes, type Database } from './database.ts'
import { watchFile } from './file-watch.ts'
import { createLimits } from './limits.ts'
import { run } from '../work.ts'
import { createWriter } from './writer.ts'

/** What only the service has, which owns the file. `applicationId` identifies the file; undefined if that was not possible. */
export type Owner = { applicationId: number | undefined }

/**
 * Reads and writes the file: in transactions, within its limits, only while it is the file that was opened, and with
 * times that follow the clock.
 *
 * @param owner undefined for an operator's command. A command does not follow the clock: the service does, at once if it
 *   runs, else at its next start, and both together would move all times twice
 */
export function createAccess(
  db: Database,
  config: Config['journal'],
  { clock, log, metrics }: JournalDeps,
  owner: Owner | undefined,
) {
  const forget = createRetention(config.venueStaleMs)
  const troubles = createTroubles({ log, metrics })
  const files = watchFile(config.path, owner?.applicationId, endAtOnce)
  const limits = createLimits(db, config.maxBytes, troubles, files.lost)
  const jumps = createClockJumps(db, { clock, log, metrics })
  const nowMs = () => clock.nowMs()
  let isClosed = false
  const prepare = () => {
    // After a close its files may be gone, which must not be reported as a trouble.
    if (isClosed) return
    files.checkIndex()
    if (owner) jumps.follow()
  }
  const writer = createWriter(db, troubles, prepare, (seconds, isDone) => {
    metrics.journalCommitSeconds.observe(seconds)
    limits.remeasure()
    if (!isDone) metrics.journalFailures.inc()
  })
  metrics.journalMaxBytes.set(config.maxBytes)

  function write<T>(work: BeginWork<T>): Promise<T> {
    return writer.write(() => db.do(work(nowMs(), false)))
  }

  async function use<T>(work: () => T): Promise<T> {
    try {
      prepare()
      return work()
    } catch (error) {
      if (!isStorageTrouble(error)) throw error
      if (isDamaged(error)) troubles.set('damaged', storageUnavailable(error).message)
      throw storageUnavailable(error)
    }
  }

  return {
    limits,
    trouble: () => troubles.worst(),
    // One process knows which OKs have left.
    wasAway: () => false,

    read: <T>(work: BeginWork<T>) => use(() => db.do(work(nowMs(), false))),
    write,
    amend: write,
    async admit<T>(intake: Intake, work: BeginWork<T>): Promise<T> {
      await use(() => limits.admit(intake))
      return await write(work)
    },

    async tidy(): Promise<{ isTidy: boolean }> {
      // Tills may send nothing for hours, so this tries whether the file can be written again.
      if (troubles.reason('unwritable')) {
        await use(() => db.renew())
        await write(() => run('UPDATE dead_letter_totals SET letters = letters'))
      }
      const rows = await write(function* (nowMs) {
        yield* jumps.remember(nowMs)
        return jumps.isSteady() ? yield* forget(nowMs) : 0
      })
      await use(() => {
        if (db.sizes().walBytes > walKeptBytes) db.checkpoint()
        limits.measure()
      })
      return { isTidy: rows === 0 }
    },

    async close() {
      if (isClosed) return
      isClosed = true
      writer.flush()
      db.close()
    },
  }
}

/** Throws before anything else runs: the next use of the file would kill the process without a log line. */
function endAtOnce() {
  process.nextTick(() => {
    throw new StorageUnavailable("the index of the journal's log (-shm) was cut while it is in use")
  })
}
