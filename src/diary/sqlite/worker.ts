import { parentPort, workerData } from 'node:worker_threads'
import type { Statement, Value } from '../../journal/work.ts'
import { isDamaged, openToRead, openToWrite, type WrittenFile } from './file.ts'

/** What the thread is for: it opens one connection, to write or to read. */
export type WorkerData = { path: string; maxBytes: number | 'read' }

export type Task =
  | { kind: 'insert'; rows: Value[][] }
  | { kind: 'tidy'; beforeMs: number }
  | { kind: 'erase'; cardHash: string }
  | { kind: 'ask'; statement: Statement }
  | { kind: 'close' }

export type Asked = { id: number; task: Task }
export type Answered = { id: number; result?: unknown; problem?: string; hasBegunAnew?: boolean }

const { path, maxBytes } = workerData as WorkerData
let writer: WrittenFile | undefined
let reader: ReturnType<typeof openToRead> | undefined

parentPort!.on('message', ({ id, task }: Asked) => {
  parentPort!.postMessage({
    id,
    ...answer(task),
    hasBegunAnew: writer?.takeHasBegunAnew(),
  } satisfies Answered)
  if (task.kind === 'close') parentPort!.close()
})

function answer(task: Task): Pick<Answered, 'result' | 'problem'> {
  try {
    return { result: carryOut(task) }
  } catch (error) {
    // The next task opens it again, and begins anew if it is damaged.
    if (isDamaged(error)) closeAll()
    return { problem: error instanceof Error ? error.message : 'unknown' }
  }
}

function carryOut(task: Task): unknown {
  if (task.kind === 'close') return closeAll()
  if (task.kind === 'ask') return (reader ??= openToRead(path)).answer(task.statement)
  if (maxBytes === 'read') throw new Error('this connection only reads')
  writer ??= openToWrite(path, maxBytes)
  switch (task.kind) {
    case 'insert':
      return writer.insert(task.rows)
    case 'erase':
      return writer.erase(task.cardHash)
    case 'tidy':
      return writer.tidy(task.beforeMs)
  }
}

function closeAll() {
  writer?.close()
  reader?.close()
  writer = reader = undefined
}
