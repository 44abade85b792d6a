import type { Config } from '../config/config.ts'
import type { Logger } from '../observability/logger.ts'
import { diaryPathOf, eraseInFile } from './sqlite/store.ts'

/** Makes the diary's rows of a card anonymous, beside a service that may be running. @throws Error if it cannot be written */
export async function eraseFromDiary(
  { journal, diary }: Pick<Config, 'journal' | 'diary'>,
  cardHash: string,
  log: Logger,
): Promise<void> {
  if (journal.postgres) {
    const { eraseInDatabase } = await import('./postgres/store.ts')
    return await eraseInDatabase(journal.postgres, cardHash, log)
  }
  await eraseInFile({ path: diaryPathOf(journal.path), maxBytes: diary.maxBytes }, cardHash)
}
