import { createThread, workerBeside } from '../../journal/sqlite/thread.ts'
import { toValues } from '../entry.ts'
import type { DiaryStore } from '../store.ts'
import type { Done, Task, WriterData } from './worker.ts'

/** Beside the journal, and on its volume: one volume is enough. @returns the diary's file */
export function diaryPathOf(journalPath: string): string {
  return `${journalPath}.diary`
}

/** The diary of one replica: a file that a thread of its own writes. @param onBegunAnew called if it was damaged and deleted */
export function createFileStore(path: string, maxBytes: number, onBegunAnew: () => void): DiaryStore {
  const thread = createWriter({ path, maxBytes })

  async function ask(task: Task): Promise<unknown> {
    const { result, hasBegunAnew } = (await thread.ask(task)) as Done
    if (hasBegunAnew) onBegunAnew()
    return result
  }

  return {
    async write(entries) {
      await ask({ kind: 'insert', rows: entries.map(toValues) })
    },
    tidy: async (beforeMs) => (await ask({ kind: 'tidy', beforeMs })) as { isTidy: boolean; bytes: number },
    close: thread.close,
  }
}

/** @throws Error if it cannot be written */
export async function eraseInFile(data: WriterData, cardHash: string): Promise<void> {
  const thread = createWriter(data)
  try {
    await thread.ask({ kind: 'erase', cardHash })
  } finally {
    await thread.close()
  }
}

function createWriter(data: WriterData) {
  return createThread<WriterData, Task>(workerBeside(import.meta, 'worker'), data)
}
