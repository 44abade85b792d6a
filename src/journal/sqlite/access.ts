import type { Config } from '../../config/config.ts'
import { StorageUnavailable } from '../../model/refusal.ts'
import type { Logger } from '../../observability/logger.ts'
import type { Metrics } from '../../observability/metrics.ts'
import type { Clock } from '../../time/clock.ts'
import { createRetention } from '../retention.ts'
import { createTroubles } from '../troubles.ts'
import { createClockJumps } from './clock-jumps.ts'
import { isDamaged, isStorageTrouble, storageUnavailable, walKeptBytes, type Database } from './database.ts'
import { watchFile } from './file-watch.ts'
import { createLimits, type Intake } from './limits.ts'
import { createWriter } from './writer.ts'

export type JournalDeps = {
  clock: Clock
  log: Logger
  metrics: Pick<
    Metrics,
    'journalCommitSeconds' | 'journalFailures' | 'journalTrouble' | 'journalMaxBytes' | 'clockJumps'
  >
}

export type Access = ReturnType<typeof createAccess>

/**
 * Reads and writes the file: in transactions, within its limits, only while it is the file that was opened, and with
 * times that follow the clock.
 *
 * @param applicationId identifies the file; undefined if it has none, or for an operator's command
 */
export function createAccess(
  db: Database,
  config: Config['journal'],
  { clock, log, metrics }: JournalDeps,
  applicationId: number | undefined,
) {
  const forget = createRetention(db, config.venueStaleMs)
  const troubles = createTroubles({ log, metrics })
  const files = watchFile(config.path, applicationId, endAtOnce)
  const limits = createLimits(db, config.maxBytes, troubles, files.lost)
  const jumps = createClockJumps(db, { clock, log, metrics })
  const nowMs = () => clock.nowMs()
  let isClosed = false
  const prepare = () => {
    // After a close its files may be gone, which must not be reported as a trouble.
    if (isClosed) return
    files.checkIndex()
    jumps.follow()
  }
  const { write, flush } = createWriter(db, troubles, prepare, (seconds, isDone) => {
    metrics.journalCommitSeconds.observe(seconds)
    limits.remeasure()
    if (!isDone) metrics.journalFailures.inc()
  })
  metrics.journalMaxBytes.set(config.maxBytes)

  async function read<T>(work: (nowMs: number) => T): Promise<T> {
    try {
      prepare()
      return work(nowMs())
    } catch (error) {
      if (!isStorageTrouble(error)) throw error
      if (isDamaged(error)) troubles.set('damaged', storageUnavailable(error).message)
      throw storageUnavailable(error)
    }
  }

  return {
    limits,
    trouble: () => troubles.worst(),

    /** Runs the work at once, outside of a transaction. */
    read,
    /** Runs the work in a transaction; resolves when it is on disk. */
    write: <T>(work: (nowMs: number) => T) => write(() => work(nowMs())),
    /** The same for new debits, credits, tickets and dead letters, which are refused if there is no room. */
    async admit<T>(intake: Intake, work: (nowMs: number) => T): Promise<T> {
      await read(() => limits.admit(intake))
      return await write(() => work(nowMs()))
    },

    async tidy(): Promise<{ isTidy: boolean }> {
      // Tills may send nothing for hours, so this tries whether the file can be written again.
      if (troubles.reason('unwritable')) {
        await read(() => db.renew())
        await write(() => db.run('UPDATE dead_letter_totals SET letters = letters'))
      }
      const rows = await write(() => {
        jumps.remember()
        return jumps.isSteady() ? forget(nowMs()) : 0
      })
      await read(() => {
        if (db.sizes().walBytes > walKeptBytes) db.checkpoint()
        limits.measure()
      })
      return { isTidy: rows === 0 }
    },

    async close() {
      if (isClosed) return
      isClosed = true
      flush()
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
