import { hostname } from 'node:os'
import type { Config } from '../config/config.ts'
import type { Reader } from '../journal/reader.ts'
import { createFileReader } from '../journal/sqlite/reader.ts'
import type { Logger } from '../observability/logger.ts'
import type { Metrics } from '../observability/metrics.ts'
import type { Clock, Timers } from '../time/clock.ts'
import { createDiary, type Diary } from './diary.ts'
import { createFileStore, diaryPathOf } from './sqlite/store.ts'
import type { DiaryStore } from './store.ts'

type Deps = {
  hashCard: (cardNumber: string) => string
  clock: Clock
  timers: Timers
  log: Logger
  metrics: Pick<Metrics, 'diaryRows' | 'diaryBytes'>
}

/**
 * The diary of the service: a file beside the journal's, or a schema of its own in the journal's database. Neither needs to
 * be usable yet.
 *
 * @returns undefined if it is switched off
 */
export async function openDiary(
  { diary, journal }: Pick<Config, 'diary' | 'journal'>,
  deps: Deps,
): Promise<Diary | undefined> {
  const { days, maxBytes } = diary
  if (days === 0 || maxBytes === 0) return undefined
  const store = journal.postgres
    ? await openInDatabase(journal.postgres, maxBytes, deps)
    : createFileStore(diaryPathOf(journal.path), maxBytes, () =>
        deps.log.warn('the diary was damaged: it was deleted and begins anew'),
      )
  return createDiary({ ...deps, store, days, replica: hostname() })
}

/** @returns a connection of its own for look-ups; undefined if there is no diary */
export async function openDiaryReader(
  { journal }: Pick<Config, 'journal'>,
  log: Logger,
): Promise<Reader | undefined> {
  const table = 'entries'
  if (!journal.postgres) return createFileReader(diaryPathOf(journal.path), table)
  const { createDatabaseReader } = await import('../journal/postgres/reader.ts')
  return createDatabaseReader(journal.postgres, log, { schema: 'diary', table })
}

/** A service with a file does without pg. */
async function openInDatabase(
  postgres: NonNullable<Config['journal']['postgres']>,
  maxBytes: number,
  deps: Deps,
): Promise<DiaryStore> {
  const { createDatabaseStore } = await import('./postgres/store.ts')
  return createDatabaseStore(postgres, maxBytes, deps)
}
