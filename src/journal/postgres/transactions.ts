import type { Logger } from '../../observability/logger.ts'
import type { BeginWork } from '../access.ts'
import type { Row } from '../work.ts'
import { DatabaseFailure, DatabaseUnavailable, remedyFor } from './failures.ts'
import { sendAlone, tryAlone } from './one-statement.ts'
import { tryInTransaction, type TransactionDeps } from './one-transaction.ts'
import { createNaming } from './statements.ts'
import { createTries, type TriesDeps } from './tries.ts'

type Deps = Omit<TransactionDeps, 'naming'> & TriesDeps & { log: Logger }

/** Runs units of work, again if that helps. Each throws StorageUnavailable if the database cannot be used in time. */
export function createTransactions(given: Deps) {
  const { pool, server, log } = given
  const deps = { ...given, naming: createNaming(log) }
  const tryAgain = createTries(deps)

  return { transact, amend, once }

  /**
   * Runs a unit of work in a transaction of its own.
   * @param card the hash of a card, whose transactions run one after the other, on whichever replica
   */
  function transact<T>(work: BeginWork<T>, card?: string): Promise<T> {
    return tryAgain((mayBeDone, latestMs) =>
      tryInTransaction(deps, (nowMs) => work(nowMs, mayBeDone), card, latestMs),
    )
  }

  /**
   * Runs a unit of work that is one write of a row, unless the row has changed since it was read. That write is sent alone, in
   * one round trip instead of three, with the time that this process believes to be the database's. If that is wrong, it
   * writes nothing, and the work runs in a transaction, as it does if there is more to it.
   */
  function amend<T>(work: BeginWork<T>): Promise<T> {
    let isTried = false
    return tryAgain(async (mayBeDone, latestMs) => {
      const nowMs = server.nowMs()
      if (!isTried && nowMs !== undefined) {
        isTried = true
        const done = await tryAlone(deps, work(nowMs, false), nowMs, latestMs)
        if (done) return done.result
      }
      return await tryInTransaction(deps, (nowMs) => work(nowMs, mayBeDone), undefined, latestMs)
    })
  }

  /** Runs one statement that commits by itself, once: for what may be lost, or done without being heard of. */
  async function once(text: string, values: unknown[]): Promise<Row[]> {
    try {
      return (await sendAlone(deps, { text, values }, performance.now() + deps.patienceMs)).rows
    } catch (error) {
      if (!(error instanceof DatabaseFailure)) throw error
      if (remedyFor(error) === 'again_elsewhere') pool.renew()
      throw new DatabaseUnavailable(error)
    }
  }
}
