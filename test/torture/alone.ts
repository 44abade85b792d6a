import { join } from 'node:path'
import { endService, lockJournal, loseBroker, loseCore, spoilAnswers } from './chaos.ts'
import { superviseService } from './service.ts'
import { sqlOfFile } from './settle.ts'
import type { Surroundings, Tortured } from './tortured.ts'
import { isUnnoted } from './unnoted.ts'

/** One process with its journal in a file. */
export async function startAlone({ env, folder, core, kafka, topic }: Surroundings): Promise<Tortured> {
  const journalPath = join(folder, 'journal.sqlite')
  const service = await superviseService(
    { ...env, CORE_RATE_LIMIT: '0', JOURNAL_PATH: journalPath },
    join(folder, 'service.log'),
  )
  return {
    replicas: 1,
    target: service,
    managementUrls: [service.managementUrl],
    troubles: [
      endService(service),
      loseBroker(kafka, topic),
      spoilAnswers(core, 500),
      loseCore(core),
      lockJournal(journalPath),
    ],
    isUnnoted: (ok) => isUnnoted(ok, { ...service, blackouts: [] }),
    sql: sqlOfFile(journalPath),
    stop: async () => [await service.stop()],
    start: service.start,
    end: service.kill9,
  }
}
