import { keepingTimers } from '../../time/clock.ts'
import { sleep } from '../../time/waiting.ts'
import {
  DatabaseFailure,
  DatabaseUnavailable,
  isMissingStatement,
  isStalePlan,
  remedyFor,
} from './failures.ts'
import type { Pool } from './pool.ts'
import type { Naming } from './statements.ts'

/** The part of the patience after which no further try begins. */
const tryShare = 0.6

export type TriesDeps = {
  pool: Pool
  /** No statement waits for longer, over all tries. */
  patienceMs: number
  /** Told after each try. */
  observe: (seconds: number, failure: DatabaseFailure | undefined) => void
}

/** Tries something at the database until it is done, or until that is of no use. */
export function createTries({ pool, patienceMs, observe, naming }: TriesDeps & { naming: Naming }) {
  /**
   * @param once `mayBeDone`: an earlier try may have been written. `latestMs`: by `performance.now()`; throws
   *   DatabaseFailure
   * @throws StorageUnavailable if the database cannot be used, within the patience
   */
  return async function tryAgain<T>(once: (mayBeDone: boolean, latestMs: number) => Promise<T>): Promise<T> {
    const startedMs = performance.now()
    let mayBeDone = false
    for (;;) {
      const triedMs = performance.now()
      try {
        const result = await once(mayBeDone, startedMs + patienceMs)
        observe((performance.now() - triedMs) / 1000, undefined)
        return result
      } catch (error) {
        if (!(error instanceof DatabaseFailure)) throw error
        observe((performance.now() - triedMs) / 1000, error)
        mayBeDone ||= error.isOfCommit
        if (isMissingStatement(error)) naming.stop()
        if (isStalePlan(error)) naming.renew()
        const remedy = remedyFor(error)
        if (remedy === 'bug') throw error
        if (remedy === 'again_elsewhere') pool.renew()
        if (remedy === 'unavailable' || performance.now() - startedMs >= patienceMs * tryShare)
          throw new DatabaseUnavailable(error, { mayBeDone })
        // A refused connection is refused at once, and a database that restarts takes some 100 ms.
        await sleep(keepingTimers, 20 + 30 * Math.random())
      }
    }
  }
}
