import { isDamaged, isStorageTrouble, rollBack, storageUnavailable, type Database } from './database.ts'
import type { Troubles } from '../troubles.ts'

type Waiting = { work: () => unknown; resolve: (value: unknown) => void; reject: (error: unknown) => void }

type Writer = {
  /** Runs the work in a transaction; resolves when it is on disk. */
  write<T>(work: () => T): Promise<T>
  /** Commits what waits. */
  flush(): void
}

/**
 * Group commit: all writes of one turn of the event loop share one transaction and its one sync. Where the file cannot
 * be written all of them fail; where one of them is at fault each is run alone, so that it takes no other down with it.
 *
 * Works may run again, so they must do nothing but read and write the database.
 *
 * @param check before each commit; throws if the file cannot, or must not, be touched
 * @param observe gets the seconds of each commit and whether it worked
 */
export function createWriter(
  db: Database,
  troubles: Troubles,
  check: () => void,
  observe: (seconds: number, isDone: boolean) => void,
): Writer {
  let queue: Waiting[] = []

  const commit = (works: (() => unknown)[]): unknown[] => {
    const startedMs = performance.now()
    const changesBefore = countChanges(db)
    let isDone = false
    try {
      db.run('BEGIN IMMEDIATE')
      const results = works.map((work) => work())
      db.run('COMMIT')
      isDone = true
      // Works that only looked prove nothing.
      if (countChanges(db) > changesBefore) troubles.note('unwritable', undefined)
      return results
    } finally {
      if (!isDone) rollBack(db)
      observe((performance.now() - startedMs) / 1000, isDone)
    }
  }

  const settle = (waiting: Waiting[]) => {
    try {
      const results = commit(waiting.map(({ work }) => work))
      waiting.forEach(({ resolve }, index) => resolve(results[index]))
    } catch (error) {
      if (isStorageTrouble(error)) {
        const unavailable = storageUnavailable(error)
        troubles.note(isDamaged(error) ? 'damaged' : 'unwritable', unavailable.message)
        return waiting.forEach(({ reject }) => reject(unavailable))
      }
      if (waiting.length > 1) return waiting.forEach((one) => settle([one]))
      waiting[0]?.reject(error)
    }
  }

  const flush = () => {
    const waiting = queue
    queue = []
    if (waiting.length === 0) return
    try {
      check()
    } catch (error) {
      return waiting.forEach(({ reject }) => reject(storageUnavailable(error)))
    }
    settle(waiting)
  }

  return {
    write: <T>(work: () => T) =>
      new Promise<T>((resolve, reject) => {
        if (queue.length === 0) setImmediate(flush)
        queue.push({ work, resolve: resolve as (value: unknown) => void, reject })
      }),
    flush,
  }
}

function countChanges(db: Database): number {
  return Number(db.get('SELECT total_changes() AS changes')?.changes)
}
