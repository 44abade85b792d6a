import { describeError, type Logger } from '../../observability/logger.ts'
import type { Metrics } from '../../observability/metrics.ts'
import type { Clock } from '../../time/clock.ts'
import { minJumpMs, moveTimes, steadyMs } from '../move-times.ts'
import { run, type Work } from '../work.ts'
import { inLongTransaction } from './long-transaction.ts'
import type { Pool } from './pool.ts'
import { runWork } from '../run-work.ts'
import { toNumbered } from './statements.ts'

/** A look that took longer says too little of when it was: this process may have been frozen while the answer came. */
const maxLookMs = 1_000
/** Time limit for moving all open rows and those of two days, and for waiting until another replica has done so. */
const followMs = 60_000
const seenEveryMs = 60_000

/** SQL, with `FROM clock`: what a transaction sees of the server when it begins, and what replicas last wrote down of it. */
export const seenOfServer = `now_ms() AS now_ms, floor(extract(epoch FROM pg_postmaster_start_time()) * 1000) AS started_ms,
  moved_ms, seen_ms, clock.started_ms AS known_started_ms, served_from_ms`

export type ServerSeen = {
  now_ms: number
  /** When the server was started. Differs after a restart, and on another server. */
  started_ms: number
  /** By how much all times were moved so far. */
  moved_ms: number
  /** When the clock was last written down. */
  seen_ms: number
  known_started_ms: number
  /** When the server that is known was first seen. */
  served_from_ms: number
}

export type ServerWatch = ReturnType<typeof createServerWatch>

type Deps = {
  pool: Pool
  clock: Clock
  log: Logger
  metrics: Pick<Metrics, 'clockJumps'>
  /** Called if another server answers, or the same after a restart. */
  onChange: () => void
}

/**
 * Notices that the database is another server or was started again, and that its clock has jumped: a change of it against
 * this machine's monotonic clock. Whoever notices first writes it down for all replicas, and moves all times with the
 * clock. The others see that in their next transaction. So do those that asked nothing meanwhile or have just started.
 */
export function createServerWatch({ pool, clock, log, metrics, onChange }: Deps) {
  /** The database's clock less the monotonic one, and how far times had been moved, at the last look. */
  let known: { aheadMs: number; movedMs: number } | undefined
  let startedMs: number | undefined
  let servedFromMs = -Infinity
  let steadySinceMs = clock.monotonicMs()
  let seenAtMs = -Infinity
  let following: Promise<void> | undefined

  /** @returns by how much the clock has jumped, as far as nobody has moved the times yet */
  function jumpOf(seen: ServerSeen): number {
    // A clock that went ahead while no replica ran cannot be told from time that has passed.
    if (!known) return keepIfJump(Math.min(0, seen.now_ms - seen.seen_ms))
    // It was noticed by another replica, or by this one, and the times have moved.
    if (seen.moved_ms !== known.movedMs) return 0
    return keepIfJump(seen.now_ms - clock.monotonicMs() - known.aheadMs)
  }

  function remember(seen: ServerSeen, askedMs: number) {
    servedFromMs = seen.served_from_ms
    if (startedMs !== seen.started_ms) onChange()
    startedMs = seen.started_ms
    if (isLate(askedMs)) return
    if (known && seen.moved_ms !== known.movedMs) steadySinceMs = clock.monotonicMs()
    known = { aheadMs: seen.now_ms - clock.monotonicMs(), movedMs: seen.moved_ms }
  }

  /** Looks once more, since it may have been this process that was frozen. */
  async function follow() {
    const { jumpMs, isNew } = await inLongTransaction(pool, followMs, async (query) => {
      await query('SELECT FROM clock FOR UPDATE')
      const askedMs = clock.monotonicMs()
      // A statement of its own, so that it sees what the one that had the lock has written.
      const [seen] = (await query(`SELECT ${seenOfServer} FROM clock`)) as unknown as [ServerSeen]
      const jumpMs = known && isLate(askedMs) ? 0 : jumpOf(seen)
      const isNew = seen.started_ms !== seen.known_started_ms
      if (jumpMs !== 0)
        await runWork(moveAll(jumpMs, seen.now_ms - jumpMs), async (statement) => {
          const { text, values } = toNumbered(statement)
          return { rows: await query(text, values), changes: 0 }
        })
      const servedFromMs = isNew ? seen.now_ms : seen.served_from_ms + jumpMs
      await query(
        'UPDATE clock SET moved_ms = moved_ms + $1, seen_ms = $2, started_ms = $3, served_from_ms = $4',
        [jumpMs, seen.now_ms, seen.started_ms, servedFromMs],
      )
      return { jumpMs, isNew }
    })
    report(jumpMs, isNew)
  }

  function report(jumpMs: number, isNew: boolean) {
    if (isNew)
      log.warn(
        'the database is another server, or was started again: what is confirmed is left alone for a while',
      )
    if (jumpMs === 0) return
    metrics.clockJumps.inc()
    log.warn({ jumpMs }, "the database's clock has jumped: due times and keys were moved with it")
  }

  function isLate(askedMs: number): boolean {
    return clock.monotonicMs() - askedMs > maxLookMs
  }

  function followOnce() {
    following ??= follow()
      .catch((error: unknown) =>
        log.warn({ error: describeError(error) }, 'a change of the database could not be followed'),
      )
      .finally(() => (following = undefined))
  }

  return {
    /** What the database's clock says, as far as is known; undefined before the first look. */
    nowMs: () => known && Math.round(clock.monotonicMs() + known.aheadMs),
    /**
     * @param askedMs by the monotonic clock: when it was asked what is seen
     * @returns why nothing can be done yet, and has to be tried again: a change is being followed
     */
    look(seen: ServerSeen, askedMs: number): string | undefined {
      const isNew = seen.started_ms !== seen.known_started_ms
      const isJump = jumpOf(seen) !== 0
      if (!isNew && !isJump) return void remember(seen, askedMs)
      followOnce()
      return isJump ? 'its clock has jumped, and its times are being moved' : 'it was started again'
    },

    /** When the server that is used now was first seen. */
    servedFromMs: () => servedFromMs,
    /** Whether what has expired may be deleted. */
    isSteady: () => clock.monotonicMs() - steadySinceMs >= steadyMs,
    /** To be done regularly: by this a replica that starts notices that the clock went back while none ran. */
    *writeDown(nowMs: number): Work<void> {
      if (clock.monotonicMs() - seenAtMs < seenEveryMs) return
      seenAtMs = clock.monotonicMs()
      yield* run('UPDATE clock SET seen_ms = :nowMs', { nowMs })
    },
  }
}

function keepIfJump(differenceMs: number): number {
  return Math.abs(differenceMs) >= minJumpMs ? differenceMs : 0
}

function* moveAll(jumpMs: number, beforeMs: number): Work<void> {
  yield* moveTimes(jumpMs, beforeMs)
  // Replicas name a slot by its time. One that they took before is not found any more, so it counts for as long as it was
  // taken for.
  yield* run(
    `UPDATE budgets SET until_ms = ARRAY(SELECT u + :jumpMs FROM unnest(until_ms) AS u),
       blocked_until_ms = blocked_until_ms + :jumpMs`,
    { jumpMs },
  )
  yield* run('UPDATE leases SET until_ms = until_ms + :jumpMs', { jumpMs })
}
