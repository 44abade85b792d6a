import type { Clock } from '../../time/clock.ts'
import type { Logger } from '../../observability/logger.ts'
import type { Metrics } from '../../observability/metrics.ts'
import { minJumpMs, moveTimes, steadyMs } from '../move-times.ts'
import { run, type Work } from '../work.ts'
import { rollBack, type Database } from './database.ts'

const seenEveryMs = 60_000

type Deps = { clock: Clock; log: Logger; metrics: Pick<Metrics, 'clockJumps'> }

/**
 * Keeps due times and keys right if the wall clock jumps, which is a change of it against the monotonic clock.
 */
export function createClockJumps(db: Database, deps: Deps) {
  const { clock } = deps
  const offset = () => clock.nowMs() - clock.monotonicMs()
  let offsetMs = offset()
  let steadySinceMs = clock.monotonicMs()
  let seenAtMs = -Infinity

  return {
    /** To be called before each use of a time, outside of a transaction. */
    follow() {
      const jumpMs = offset() - offsetMs
      if (Math.abs(jumpMs) >= minJumpMs) {
        moveAll(db, jumpMs, deps)
        steadySinceMs = clock.monotonicMs()
      }
      offsetMs += jumpMs
    },
    /** To be done regularly: stores when the service last ran. */
    *remember(nowMs: number): Work<void> {
      if (clock.monotonicMs() - seenAtMs < seenEveryMs) return
      seenAtMs = clock.monotonicMs()
      yield* run('UPDATE clock SET seen_at = :nowMs', { nowMs })
    },
    isSteady: () => clock.monotonicMs() - steadySinceMs >= steadyMs,
  }
}

/**
 * The same for a clock that went back while the service was down. A clock that went ahead cannot be told from a service
 * that was down for that long.
 */
export function followClockSince(db: Database, deps: Deps) {
  const lastSeenMs = Number(db.get('SELECT seen_at FROM clock')?.seen_at ?? 0)
  const jumpMs = deps.clock.nowMs() - lastSeenMs
  if (jumpMs <= -minJumpMs) moveAll(db, jumpMs, deps)
}

function moveAll(db: Database, jumpMs: number, { clock, log, metrics }: Deps) {
  db.run('BEGIN IMMEDIATE')
  let isDone = false
  try {
    db.do(moveTimes(jumpMs, clock.nowMs() - jumpMs))
    db.run('UPDATE budget SET blocked_until = blocked_until + :jumpMs', { jumpMs })
    db.run('COMMIT')
    isDone = true
  } finally {
    if (!isDone) rollBack(db)
  }
  metrics.clockJumps.inc()
  log.warn({ jumpMs }, 'the clock has jumped: due times and keys were moved with it')
}
