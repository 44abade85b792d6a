import { existsSync } from 'node:fs'
import type { Answer } from '../../journal/work.ts'
import { runWork } from '../../journal/postgres/run-work.ts'
import { toValues } from '../entry.ts'
import type { Reader, DiaryStore } from '../store.ts'
import { createThread } from './thread.ts'

/** Beside the journal, and on its volume: one volume is enough. @returns the diary's file */
export function diaryPathOf(journalPath: string): string {
  return `${journalPath}.diary`
}

/** The diary of one replica: a file that a thread of its own writes. @param onBegunAnew called if it was damaged and deleted */
export function createFileStore(path: string, maxBytes: number, onBegunAnew: () => void): DiaryStore {
  const thread = createThread({ path, maxBytes }, onBegunAnew)
  return {
    async write(entries) {
      await thread.ask({ kind: 'insert', rows: entries.map(toValues) })
    },
    tidy: async (beforeMs) =>
      (await thread.ask({ kind: 'tidy', beforeMs })) as { isTidy: boolean; bytes: number },
    close: thread.close,
  }
}

/** @returns undefined if there is no file */
export function createFileReader(path: string): Reader | undefined {
  if (!existsSync(path)) return undefined
  const thread = createThread({ path, maxBytes: 'read' })
  return {
    read: (begin) =>
      runWork(begin(), async (statement) => (await thread.ask({ kind: 'ask', statement })) as Answer),
    close: thread.close,
  }
}
