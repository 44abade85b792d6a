import { readConfig } from '../../src/config/config.ts'
import type { DiaryEntry } from '../../src/diary/entry.ts'
import { readEntry } from '../../src/diary/entry.ts'
import { openDiaryReader } from '../../src/diary/open.ts'
import { all } from '../../src/journal/work.ts'
import { createLogger } from '../../src/observability/logger.ts'

/** @param env of the service. @returns its whole diary, the oldest first, once its rows fit */
export async function readDiary(
  env: Record<string, string>,
  fits: (entries: DiaryEntry[]) => boolean = () => true,
): Promise<DiaryEntry[]> {
  for (;;) {
    const entries = await readOnce(env)
    if (fits(entries)) return entries
  }
}

async function readOnce(env: Record<string, string>): Promise<DiaryEntry[]> {
  const config = readConfig({ HOST: '127.0.0.1', ...env })
  const reader = await openDiaryReader(config, createLogger('silent'))
  if (!reader) return []
  try {
    return await reader.read(
      (function* () {
        return (yield* all('SELECT * FROM entries ORDER BY at')).map(readEntry)
      })(),
    )
  } finally {
    await reader.close()
  }
}
