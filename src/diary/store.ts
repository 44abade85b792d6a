import type { Work } from '../journal/work.ts'
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

/** A connection of its own, for look-ups. They never write. */
export type Reader = {
  /**
   * @param begin may be called again
   * @throws Error if the database cannot be used, or takes longer than its limit
   */
  read<T>(begin: () => Work<T>): Promise<T>
  close(): Promise<void>
}
