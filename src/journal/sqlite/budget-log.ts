import { z } from 'zod'
import { numberOrUndefined } from '../row-values.ts'
import type { BudgetLeft } from '../journal.ts'
import { all, get, run, type Work } from '../work.ts'

const times = z.array(z.number())

/** What the core's rate limit still counts against us, kept over restarts. */
export const budgetLog = {
  /** From now on the process counts as killed, unless `close` is called. */
  *open(): Work<BudgetLeft> {
    const start = yield* get('SELECT is_clean FROM starts')
    const scopes = (yield* all('SELECT * FROM budget')).map((row) => ({
      scope: String(row.scope),
      freeAtMs: times.parse(JSON.parse(String(row.free_at))),
      blockedUntilMs: numberOrUndefined(row.blocked_until),
    }))
    yield* run('INSERT INTO starts VALUES (1, 0) ON CONFLICT ("only") DO UPDATE SET is_clean = 0')
    yield* run(`UPDATE budget SET free_at = '[]'`)
    return { how: !start ? 'never_started' : start.is_clean === 1 ? 'stopped' : 'killed', scopes }
  },

  *keepBlock(scope: string, blockedUntilMs: number): Work<void> {
    yield* run(
      `INSERT INTO budget (scope, blocked_until) VALUES (:scope, :blockedUntilMs)
         ON CONFLICT (scope) DO UPDATE SET blocked_until = max(coalesce(blocked_until, 0), :blockedUntilMs)`,
      { scope, blockedUntilMs },
    )
  },

  *close(scopes: { scope: string; freeAtMs: number[] }[]): Work<void> {
    for (const { scope, freeAtMs } of scopes)
      yield* run(
        'INSERT INTO budget (scope, free_at) VALUES (:scope, :times) ON CONFLICT (scope) DO UPDATE SET free_at = :times',
        { scope, times: JSON.stringify(freeAtMs) },
      )
    yield* run('UPDATE starts SET is_clean = 1')
  },
}
