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
 * How the file is read and written: in transactions, within its limits, while it is still the file that was opened, and
 * with times that follow the clock.
 *
 * @param applicationId names the file, if this process is the only one that writes it
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
    // Whoever is late finds it closed, which is no trouble: its files may be gone.
    if (isClosed) return
    files.checkIndex()
    jumps.follow()
  }
  const { write, flush } = createWriter(db, troubles, prepare, (seconds, isDone) => {
    metrics.journalCommitSeconds.observe(seconds)
    limits.noteCommit()
    if (!isDone) metrics.journalFailures.inc()
  })
  metrics.journalMaxBytes.set(config.maxBytes)

  async function read<T>(work: (nowMs: number) => T): Promise<T> {
    try {
      prepare()
      return work(nowMs())
    } catch (error) {
      if (!isStorageTrouble(error)) throw error
      if (isDamaged(error)) troubles.note('damaged', storageUnavailable(error).message)
      throw storageUnavailable(error)
    }
  }

  return {
    limits,
    trouble: () => troubles.worst(),

    /** Runs the work at once; what it reads is as of now. */
    read,
    /** Runs the work in a transaction; resolves when it is on disk. */
    write: <T>(work: (nowMs: number) => T) => write(() => work(nowMs())),
    /** The same for what comes new: refused before anything is done for it if there is no room. */
    async admit<T>(intake: Intake, work: (nowMs: number) => T): Promise<T> {
      await read(() => limits.admit(intake))
      return await write(() => work(nowMs()))
    },

    async tidy(): Promise<{ isTidy: boolean }> {
      // No till may send anything for hours: whether it can be written again is tried here.
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
        limits.look()
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

/** Before anything else runs that might touch the file: that would end the process without a word. */
function endAtOnce() {
  process.nextTick(() => {
    throw new StorageUnavailable("somebody has cut the index of the journal's log (-shm) while it is in use")
  })
}
