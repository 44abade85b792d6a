import type { Work } from '../work.ts'
import { connect, leftMs, type ConnectDeps } from './connect.ts'
import { DatabaseFailure } from './failures.ts'
import { send } from './pool.ts'
import type { Naming, Sent } from './statements.ts'

/** How far the time of a write that is sent alone may be from the database's. */
const clockToleranceMs = 250

/**
 * Sends the first statement of a unit of work alone, if it is a write. It writes only if `nowMs` is near the database's time.
 * @returns undefined if it has written nothing
 * @throws DatabaseFailure; StorageUnavailable if the schema cannot be used
 */
export async function tryAlone<T>(
  deps: ConnectDeps & { naming: Naming },
  running: Work<T>,
  nowMs: number,
  latestMs: number,
): Promise<{ result: T } | undefined> {
  const { value, done } = running.next()
  if (done || value.gets !== 'changes' || !Array.isArray(value.values)) return undefined
  const { gets, sql, values } = value
  const timely = {
    gets,
    sql: `${sql} AND now_ms() BETWEEN ? AND ?`,
    values: [...values, nowMs - clockToleranceMs, nowMs + clockToleranceMs],
  }
  try {
    const { rowCount } = await sendAlone(deps, deps.naming.name(timely), latestMs)
    if (rowCount !== 1) return undefined
  } catch (error) {
    // The row may have been written: let the work finish, so that it remembers its result and recognises it when it runs again.
    running.next({ rows: [], changes: 1 })
    throw error
  }
  const ended = running.next({ rows: [], changes: 1 })
  if (!ended.done) throw new Error('more than one write was to be sent alone')
  return { result: ended.value }
}

/** Sends one statement, which commits by itself. @throws as `tryAlone` */
export async function sendAlone(deps: ConnectDeps, statement: Sent, latestMs: number) {
  const connection = await connect(deps, latestMs)
  let isBroken = true
  try {
    const result = await send(connection, { ...statement, query_timeout: leftMs(latestMs) })
    isBroken = false
    return result
  } catch (error) {
    throw new DatabaseFailure(error, { isOfCommit: true })
  } finally {
    connection.release(isBroken)
  }
}
