import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '../observability/logger.ts'
import { copiedTables, CopyRefused, type Copied } from './copied-tables.ts'
import { fillDatabase } from './postgres/copy-target.ts'
import type { PostgresConfig } from './postgres/pool.ts'
import { openCopySource } from './sqlite/copy-source.ts'

/** As for a jump of the clock: a smaller difference is a clock that is being adjusted. */
const maxDifferenceMs = 5_000

type Settings = {
  /** The SQLite file. */
  path: string
  postgres: PostgresConfig
  /** JOURNAL_KEY: must open what is sealed. */
  keys: readonly string[]
  /** How long the core counts a call. */
  rateWindowMs: number
}

/**
 * Copies a journal from a SQLite file, which no service uses, into an empty PostgreSQL database: everything or nothing.
 * The file stays as it is.
 *
 * @returns how many rows, for each table
 * @throws CopyRefused if the database has rows, the file is damaged, or a clock is wrong
 * @throws JournalInUse if a service uses the file
 * @throws JournalKeyMissing if it has rows that no given key opens
 * @throws StorageUnavailable if either cannot be used, or the file has another schema
 */
export async function copyJournal(settings: Settings, log: Logger): Promise<Copied[]> {
  const { path, postgres, keys, rateWindowMs } = settings
  const source = openCopySource(path, keys)
  try {
    // As at a start of the service: how many calls the core has counted is unknown.
    if (source.wasKilled) await sleep(rateWindowMs)
    return await fillDatabase(postgres, log, async (target) => {
      checkClocks(source.lastSeenMs, Date.now(), target.nowMs)
      const copied: Copied[] = []
      for (const table of copiedTables)
        copied.push({ table, rows: await target.fill(table, source.rows(table)) })
      return copied
    })
  } finally {
    source.close()
  }
}

/** Due times and the expiry of keys were set by the old clock, and are compared with the database's from now on. */
function checkClocks(lastSeenMs: number, hostMs: number, databaseMs: number) {
  const differenceMs = Math.abs(hostMs - databaseMs)
  if (differenceMs >= maxDifferenceMs)
    throw new CopyRefused(
      `the clocks of this machine and of the database differ by ${Math.round(differenceMs / 1000)} s: correct the wrong one first`,
    )
  if (lastSeenMs - databaseMs >= maxDifferenceMs)
    throw new CopyRefused(
      `the service last ran on this file at ${new Date(lastSeenMs).toISOString()}, which is still to come: if the clock was corrected since then, start the service on the file once more, which corrects the times in it`,
    )
}
