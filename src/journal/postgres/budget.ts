import type { Logger } from '../../observability/logger.ts'
import type { SharedBudget, SlotEnded, SlotsTaken, SlotsWanted } from '../shared.ts'
import type { Row } from '../work.ts'

/** Runs one statement that commits by itself. @throws StorageUnavailable */
type Once = (text: string, values: unknown[]) => Promise<Row[]>

/** A call that has ended counts for one more window; its end is told a little late, which only makes it count longer. */
const takeSql = `UPDATE budgets
  SET until_ms = budget_after(until_ms, $5, array_fill(now_ms() + $7::bigint, ARRAY[$6::int]), now_ms())
    || array_fill(now_ms() + $4::bigint, ARRAY[$2::int])
  WHERE scope = $1 AND blocked_until_ms <= now_ms()
    AND cardinality(budget_after(until_ms, $5, array_fill(now_ms() + $7::bigint, ARRAY[$6::int]), now_ms())) + $2::int
      <= $3::int
  RETURNING until_ms[cardinality(until_ms)] AS slot`

const endSql = `UPDATE budgets
  SET until_ms = budget_after(until_ms, $2, array_fill(now_ms() + $4::bigint, ARRAY[$3::int]), now_ms())
  WHERE scope = $1`

/** How long until a block ends, and until so many slots in use have ended that $2 more fit into $3. */
const whySql = `SELECT blocked_until_ms - now_ms() AS blocked_for,
    (SELECT u FROM unnest(until_ms) u WHERE u > now_ms()
      ORDER BY u DESC OFFSET greatest($3::int - $2::int, 0) LIMIT 1) - now_ms() AS free_in
  FROM budgets WHERE scope = $1`

/** The first checks of a key were sent as a stranger's, and the core may have counted them for this key. */
const addSql = `INSERT INTO budgets (scope, until_ms, blocked_until_ms)
  SELECT $1, coalesce((SELECT until_ms FROM budgets WHERE scope = 'strangers'), '{}'), 0
  ON CONFLICT (scope) DO NOTHING`

/**
 * As if all slots had just been taken, by calls whose end nobody will tell. What the row that is gone had counted is
 * unknown, and some of those calls may still be under way.
 */
const addSpentSql = `INSERT INTO budgets (scope, until_ms)
  VALUES ($1, array_fill(now_ms() + $3::bigint, ARRAY[$2::int]))
  ON CONFLICT (scope) DO NOTHING RETURNING scope`

export function createSharedBudget(once: Once, log: Logger): SharedBudget {
  /** Scopes that have had a row. */
  const known = new Set<string>()

  async function add(scope: string) {
    if (known.has(scope)) return
    await once(addSql, [scope])
    known.add(scope)
  }

  async function findWhy(scope: string, wanted: SlotsWanted): Promise<Row | undefined> {
    const { count, max, limit, holdMs } = wanted
    const askWhy = async () => (await once(whySql, [scope, count, max]))[0]
    const why = await askWhy()
    if (why) return why
    // Its row is gone, as after a restore, or a failover to a standby that had not got it yet.
    const [added] = await once(addSpentSql, [scope, limit, holdMs])
    if (added)
      log.warn({ scope }, 'the database has lost the count of calls to the core, which counts as used up')
    return await askWhy()
  }

  return {
    async take(scope: string, wanted: SlotsWanted, ended: SlotEnded[]): Promise<SlotsTaken> {
      const { count, max, holdMs, windowMs } = wanted
      await add(scope)
      const [taken] = await once(takeSql, [scope, count, max, holdMs, ...toArrays(ended), windowMs])
      if (taken) return { slots: Array<number>(count).fill(Number(taken.slot)) }
      // The ends were not written, since nothing was.
      if (ended.length > 0) await this.end(scope, ended, windowMs)
      const why = await findWhy(scope, wanted)
      const blockedForMs = Number(why?.blocked_for ?? 0)
      if (blockedForMs > 0) return { reason: 'blocked', freeInMs: blockedForMs }
      // Room that came up meanwhile is asked for again at once.
      return { reason: 'no_slot', freeInMs: Math.max(1, Number(why?.free_in ?? 1)) }
    },

    async end(scope: string, ended: SlotEnded[], windowMs: number) {
      await once(endSql, [scope, ...toArrays(ended), windowMs])
    },
  }
}

/** @returns the slots, and how many of their calls have left */
function toArrays(ended: SlotEnded[]): [number[], number] {
  return [ended.map(({ slot }) => slot), ended.filter(({ hasLeft }) => hasLeft).length]
}

/** Never shortened. */
export const keepBlockSql = `INSERT INTO budgets (scope, blocked_until_ms) VALUES ($1, now_ms() + $2)
  ON CONFLICT (scope) DO UPDATE SET blocked_until_ms = greatest(budgets.blocked_until_ms, excluded.blocked_until_ms)`
