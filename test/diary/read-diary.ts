import { setTimeout as pause } from 'node:timers/promises'
import { readConfig } from '../../src/config/config.ts'
import type { DiaryEntry } from '../../src/diary/entry.ts'
import { readEntry } from '../../src/diary/entry.ts'
import { openDiaryReader } from '../../src/diary/open.ts'
import type { Reader } from '../../src/journal/reader.ts'
import { all, type Work } from '../../src/journal/work.ts'
import { createLogger } from '../../src/observability/logger.ts'

/** @param env of the service. @returns its whole diary, the oldest first, once its rows fit */
export async function readDiary(
  env: Record<string, string>,
  fits: (entries: DiaryEntry[]) => boolean = () => true,
): Promise<DiaryEntry[]> {
  const config = readConfig({ HOST: '127.0.0.1', ...env })
  let reader: Reader | undefined
  try {
    for (;;) {
      // There is none before the service has made the file.
      reader ??= await openDiaryReader(config, createLogger('silent'))
      const entries = (await reader?.read(everything)) ?? []
      if (fits(entries)) return entries
      await pause(10)
    }
  } finally {
    await reader?.close()
  }
}

function* everything(): Work<DiaryEntry[]> {
  return (yield* all('SELECT * FROM entries ORDER BY at')).map(readEntry)
}
