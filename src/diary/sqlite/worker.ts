import { answerTasks } from '../../journal/sqlite/worker-tasks.ts'
import type { Value } from '../../journal/work.ts'
import { openToWrite } from './file.ts'

export type WriterData = { path: string; maxBytes: number }

export type Task =
  | { kind: 'insert'; rows: Value[][] }
  | { kind: 'tidy'; beforeMs: number }
  | { kind: 'erase'; cardHash: string }

/** `hasBegunAnew`: a damaged file was deleted before. */
export type Done = { result: unknown; hasBegunAnew: boolean }

answerTasks<WriterData, Task>(({ path, maxBytes }) => {
  const file = openToWrite(path, maxBytes)

  function carryOut(task: Task): unknown {
    switch (task.kind) {
      case 'insert':
        return file.insert(task.rows)
      case 'erase':
        return file.erase(task.cardHash)
      case 'tidy':
        return file.tidy(task.beforeMs)
    }
  }

  return {
    carryOut: (task): Done => ({ result: carryOut(task), hasBegunAnew: file.takeHasBegunAnew() }),
    close: file.close,
  }
})
