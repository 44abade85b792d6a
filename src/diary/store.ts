import type { DiaryEntry } from './entry.ts'

/** Where the diary is written. Each function throws an Error if the database cannot be used, within a second or two. */
export type DiaryStore = {
  write(entries: DiaryEntry[]): Promise<void>
  /**
   * One step of deleting what is older, or has no room.
   * @returns whether nothing was left to delete, and the bytes that the diary uses
   */
  tidy(beforeMs: number): Promise<{ isTidy: boolean; bytes: number }>
  close(): Promise<void>
}
