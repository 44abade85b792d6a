import { parentPort, workerData } from 'node:worker_threads'
import { isDamaged } from './database.ts'

export type Asked<Task> = { id: number; task: Task | 'close' }
export type Answered = { id: number; result?: unknown; problem?: string }

/** What a thread works with; each function throws SQLite's error. */
type Opened<Task> = { carryOut: (task: Task) => unknown; close: () => void }

/** Runs in a thread of `createThread`: carries out its tasks one after the other. @param open called before the first task */
export function answerTasks<Data, Task>(open: (data: Data) => Opened<Task>) {
  let opened: Opened<Task> | undefined

  function close() {
    opened?.close()
    opened = undefined
  }

  function answer(task: Task | 'close'): Pick<Answered, 'result' | 'problem'> {
    try {
      if (task === 'close') return { result: close() }
      opened ??= open(workerData as Data)
      return { result: opened.carryOut(task) }
    } catch (error) {
      // The next task opens it again.
      if (isDamaged(error)) close()
      return { problem: error instanceof Error ? error.message : 'unknown' }
    }
  }

  parentPort!.on('message', ({ id, task }: Asked<Task>) => {
    parentPort!.postMessage({ id, ...answer(task) } satisfies Answered)
    if (task === 'close') parentPort!.close()
  })
}
