import type { Clock } from '../../time/clock.ts'
import type { Logger } from '../../observability/logger.ts'
import type { Metrics } from '../../observability/metrics.ts'
import { rollBack, type Database } from './database.ts'
import { whereOpen } from '../redemption-row.ts'
import { run, type Work } from '../work.ts'

/** A smaller difference is a clock that is being adjusted little by little. */
const minJumpMs = 5_000
/** Expired rows are deleted only if the clock has not jumped for this long. */
const steadyMs = 60 * 60 * 1000
/** Keys and credits are remembered for a day, so rows that have not changed for two days need not be moved. */
const relevantMs = 2 * 24 * 60 * 60 * 1000
const seenEveryMs = 60_000

type Deps = { clock: Clock; log: Logger; metrics: Pick<Metrics, 'clockJumps'> }

/**
 * Keeps due times and keys right if the wall clock jumps. An hour back would delay every undo by an hour; two days
 * ahead would expire every key, so that points could be taken twice. A jump is a change of the wall clock against the
 * monotonic clock; all times that decide something move with it.
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
    moveTimes(db, jumpMs, clock.nowMs() - jumpMs)
    db.run('COMMIT')
    isDone = true
  } finally {
    if (!isDone) rollBack(db)
  }
  metrics.clockJumps.inc()
  log.warn({ jumpMs }, 'the clock has jumped: due times and keys were moved with it')
}

function moveTimes(db: Database, jumpMs: number, nowMs: number) {
  const columns =
    'created_at sent_at due_at call_until confirmed_at answered_at changed_at undo_since key_until'.split(' ')
  const moved = [
    ...columns.map((column) => `${column} = ${column} + :jumpMs`),
    'revision = revision + 1',
  ].join(', ')
  db.run(`UPDATE redemptions SET ${moved} WHERE ${whereOpen}`, { jumpMs })
  db.run(
    `UPDATE redemptions SET ${moved} WHERE due_at IS NULL AND state NOT IN ('sent', 'in_doubt', 'stuck')
       AND changed_at > :fromMs`,
    { jumpMs, fromMs: nowMs - relevantMs },
  )
  for (const [table, column] of [
    ['redemption_aliases', 'created_at'],
    ['venues', 'approved_at'],
    ['budget', 'blocked_until'],
  ])
    db.run(`UPDATE ${table} SET ${column} = ${column} + :jumpMs`, { jumpMs })
}
