import type { Work } from './work.ts'

/** A connection of its own, for look-ups. They never write, and no till waits for them. */
export type Reader = {
  /**
   * @param begin may be called again
   * @throws Error if the database cannot be used, or takes longer than its limit
   */
  read<T>(begin: () => Work<T>): Promise<T>
  close(): Promise<void>
}
