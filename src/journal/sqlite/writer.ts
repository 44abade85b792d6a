import { isDamaged, isStorageTrouble, rollBack, storageUnavailable, type Database } from './database.ts'
import type { Troubles } from '../troubles.ts'

type PendingWrite = {
  work: () => unknown
  resolve: (value: unknown) => void
  reject: (error: unknown) => void
}

type Writer = {
  /** Runs the work in a transaction; resolves when it is on disk. */
  write<T>(work: () => T): Promise<T>
  /** Commits what waits. */
  flush(): void
}

/**
 * Group commit: all writes of one turn of the event loop share one transaction and one sync. If the file cannot be
 * written, all of them fail. If one of them throws, each is run again alone, so that it does not fail the others.
 *
 * The work of a write may therefore run twice, and must do nothing but read and write the database.
 *
 * @param check called before each commit; throws if the file cannot or must not be used
 * @param observe gets the duration of each commit in seconds, and whether it succeeded
 */
export function createWriter(
  db: Database,
  troubles: Troubles,
  check: () => void,
  observe: (seconds: number, isDone: boolean) => void,
): Writer {
  let queue: PendingWrite[] = []

  const commit = (works: (() => unknown)[]): unknown[] => {
    const startedMs = performance.now()
    const changesBefore = countChanges(db)
    let isDone = false
    try {
      db.run('BEGIN IMMEDIATE')
      const results = works.map((work) => work())
      db.run('COMMIT')
      isDone = true
      // A commit without changes does not prove that the file can be written.
      if (countChanges(db) > changesBefore) troubles.set('unwritable', undefined)
      return results
    } finally {
      if (!isDone) rollBack(db)
      observe((performance.now() - startedMs) / 1000, isDone)
    }
  }

  const settle = (pending: PendingWrite[]) => {
    try {
      const results = commit(pending.map(({ work }) => work))
      pending.forEach(({ resolve }, index) => resolve(results[index]))
    } catch (error) {
      if (isStorageTrouble(error)) {
        const unavailable = storageUnavailable(error)
        troubles.set(isDamaged(error) ? 'damaged' : 'unwritable', unavailable.message)
        return pending.forEach(({ reject }) => reject(unavailable))
      }
      if (pending.length > 1) return pending.forEach((one) => settle([one]))
      pending[0]?.reject(error)
    }
  }

  const flush = () => {
    const pending = queue
    queue = []
    if (pending.length === 0) return
    try {
      check()
    } catch (error) {
      return pending.forEach(({ reject }) => reject(storageUnavailable(error)))
    }
    settle(pending)
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
