import { DatabaseSync } from 'node:sqlite'
import type { Answer, Row, Statement, Value } from '../work.ts'
import { answerTasks } from './worker-tasks.ts'

/** `table`: until it is made there is nothing to read. */
export type ReaderData = { path: string; table?: string | undefined }

answerTasks<ReaderData, Statement>(({ path, table }) => {
  const file = new DatabaseSync(path, { readOnly: true })
  file.exec('PRAGMA busy_timeout = 2000')
  return {
    carryOut({ sql, values: bound }): Answer {
      const values = (Array.isArray(bound) ? bound : [bound]) as Value[]
      try {
        return { rows: file.prepare(sql).all(...values) as Row[], changes: 0 }
      } catch (error) {
        if (error instanceof Error && error.message === `no such table: ${table}`)
          return { rows: [], changes: 0 }
        throw error
      }
    },
    close: () => file.close(),
  }
})
