import { StorageUnavailable } from '../../model/refusal.ts'
import { DatabaseFailure } from './failures.ts'
import type { Connection, Pool } from './pool.ts'

export type ConnectDeps = {
  pool: Pool
  /** Waits until the schema is there. Rejects, and goes on by itself, if that takes longer. */
  migrated: (latestMs: number) => Promise<void>
  /** Told for how long a connection was waited for. */
  observeConnection: (seconds: number) => void
}

/**
 * @param latestMs by `performance.now()`
 * @throws DatabaseFailure, or StorageUnavailable if the schema cannot be used
 */
export async function connect(
  { pool, migrated, observeConnection }: ConnectDeps,
  latestMs: number,
): Promise<Connection> {
  try {
    await migrated(latestMs)
    const startedMs = performance.now()
    const connection = await pool.connect()
    observeConnection((performance.now() - startedMs) / 1000)
    return connection
  } catch (error) {
    return error instanceof StorageUnavailable ? Promise.reject(error) : failed(error)
  }
}

export function leftMs(latestMs: number): number {
  return Math.max(1, Math.ceil(latestMs - performance.now()))
}

export function failed(error: unknown): never {
  throw new DatabaseFailure(error)
}
