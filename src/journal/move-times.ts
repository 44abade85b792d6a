import { whereOpen } from './redemption-row.ts'
import { run, type Work } from './work.ts'

/** A smaller difference is a clock that is being adjusted little by little. */
export const minJumpMs = 5_000
/** Expired rows are deleted only if the clock has not jumped for this long. */
export const steadyMs = 60 * 60 * 1000
/** Keys and credits are remembered for a day, so rows that have not changed for two days need not be moved. */
const relevantMs = 2 * 24 * 60 * 60 * 1000

/**
 * Moves all times that decide something with a clock that has jumped. An hour back would delay every undo by an hour; two
 * days ahead would expire every key, so that points could be taken twice.
 *
 * @param beforeMs what the clock would say now if it had not jumped
 */
export function* moveTimes(jumpMs: number, beforeMs: number): Work<void> {
  const columns =
    'created_at sent_at due_at call_until confirmed_at answered_at changed_at undo_since key_until'.split(' ')
  const moved = [
    ...columns.map((column) => `${column} = ${column} + :jumpMs`),
    'revision = revision + 1',
  ].join(', ')
  yield* run(`UPDATE redemptions SET ${moved} WHERE ${whereOpen}`, { jumpMs })
  yield* run(
    `UPDATE redemptions SET ${moved} WHERE due_at IS NULL AND state NOT IN ('sent', 'in_doubt', 'stuck')
       AND changed_at > :fromMs`,
    { jumpMs, fromMs: beforeMs - relevantMs },
  )
  yield* run('UPDATE redemption_aliases SET created_at = created_at + :jumpMs', { jumpMs })
  yield* run('UPDATE venues SET approved_at = approved_at + :jumpMs', { jumpMs })
}
