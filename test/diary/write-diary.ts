import { readConfig } from '../../src/config/config.ts'
import type { DiaryEntry } from '../../src/diary/entry.ts'
import { createDatabaseStore } from '../../src/diary/postgres/store.ts'
import { createFileStore, diaryPathOf } from '../../src/diary/sqlite/store.ts'
import { createLogger } from '../../src/observability/logger.ts'
import { systemClock } from '../../src/time/clock.ts'

/** Adds rows to the diary of a service, which may be running. @param env of the service */
export async function writeDiary(env: Record<string, string>, entries: DiaryEntry[]): Promise<void> {
  const { journal, diary } = readConfig({ HOST: '127.0.0.1', ...env })
  const log = createLogger('silent')
  const store = journal.postgres
    ? createDatabaseStore(journal.postgres, diary.maxBytes, { clock: systemClock, log })
    : createFileStore(diaryPathOf(journal.path), diary.maxBytes, () => undefined)
  try {
    await store.write(entries)
  } finally {
    await store.close()
  }
}
