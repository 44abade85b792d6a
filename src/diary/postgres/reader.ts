import { DatabaseFailure, isOfNames, isOfPlans } from '../../journal/postgres/failures.ts'
import { createPool, type PostgresConfig } from '../../journal/postgres/pool.ts'
import { runWork } from '../../journal/postgres/run-work.ts'
import { createNaming } from '../../journal/postgres/statements.ts'
import type { Work } from '../../journal/work.ts'
import type { Logger } from '../../observability/logger.ts'
import type { Reader } from '../store.ts'
import { createConnection, type Query } from './connection.ts'

/** Look-ups of the diary have a small pool of their own, a limit, and a transaction that cannot write. */
export function createDatabaseReader(postgres: PostgresConfig, log: Logger): Reader {
  let isMade = false
  return createReader(postgres, log, 'diary', async (query) => {
    isMade ||= Boolean(
      (await query({ text: `SELECT to_regclass('diary.entries')::text AS found` }))[0]?.found,
    )
    return isMade
  })
}

/** The same for the journal's tables. */
export function createJournalReader(postgres: PostgresConfig, log: Logger): Reader {
  return createReader(postgres, log, undefined, async () => true)
}

/** @param isThere whether there is anything to read */
function createReader(
  postgres: PostgresConfig,
  log: Logger,
  schema: 'diary' | undefined,
  isThere: (query: Query) => Promise<boolean>,
): Reader {
  const connection = createConnection(
    createPool({ ...postgres, poolSize: 2, patienceMs: 3_000 }, log),
    schema,
  )
  // To plan a statement for all segments of the diary takes ten times as long as to run it.
  const naming = createNaming(log)

  function readOnce<T>(work: Work<T>): Promise<T> {
    return connection.read(async (query) => {
      const isEmpty = !(await isThere(query))
      return await runWork(work, async (statement) => ({
        rows: isEmpty ? [] : await query(naming.name(statement)),
        changes: 0,
      }))
    })
  }

  return {
    async read(begin) {
      try {
        return await readOnce(begin())
      } catch (error) {
        const failure = new DatabaseFailure(error)
        if (isOfNames(failure)) naming.stop()
        else if (isOfPlans(failure)) naming.renew()
        else throw error
        return await readOnce(begin())
      }
    },
    close: connection.close,
  }
}
