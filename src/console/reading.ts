import type { Config } from '../config/config.ts'
import { openDiaryReader } from '../diary/open.ts'
import { createLookUps, type LookUps } from '../journal/look-ups.ts'
import { openJournalReader } from '../journal/open.ts'
import type { Reader } from '../journal/reader.ts'
import { createSeal } from '../journal/seal.ts'
import { StorageUnavailable } from '../model/refusal.ts'
import type { Logger } from '../observability/logger.ts'

/** Look-ups of journal and diary, on connections that no till waits for. `diary` is undefined if there is none yet. */
export type Reading = {
  journal: LookUps
  diary: () => Promise<Reader | undefined>
  close: () => Promise<void>
}

/** To be opened once the journal is: its schema must be there. */
export async function openReading(config: Pick<Config, 'journal'>, log: Logger): Promise<Reading> {
  const reader = unavailableAs('journal', await openJournalReader(config.journal, log))
  let diary: Promise<Reader | undefined> | undefined
  return {
    journal: createLookUps(createSeal(config.journal.keys), {
      read: (work) => reader.read(() => work(Date.now(), false)),
    }),
    async diary() {
      diary ??= openDiaryReader(config, log).then((opened) => opened && unavailableAs('diary', opened))
      const opened = await diary
      // Its file is made by the first row.
      if (!opened) diary = undefined
      return opened
    },
    async close() {
      await Promise.all([reader.close(), (await diary)?.close()])
    },
  }
}

/** A database that cannot be used is no fault of the page. */
function unavailableAs(name: string, reader: Reader): Reader {
  return {
    ...reader,
    read: (begin) =>
      reader.read(begin).catch((error: unknown) => {
        if (error instanceof StorageUnavailable) throw error
        const message = error instanceof Error ? error.message : 'unknown'
        throw new StorageUnavailable(`the ${name} cannot be read: ${message}`, { cause: error })
      }),
  }
}
