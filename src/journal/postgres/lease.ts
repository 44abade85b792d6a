import { randomUUID } from 'node:crypto'
import type { SharedLease } from '../shared.ts'
import type { Row } from '../work.ts'

/** A holder that has let its lease run out begins a new term: another may have had it meanwhile. */
const keepSql = `INSERT INTO leases AS l VALUES ($1, $2, 1, now_ms() + $3::bigint)
  ON CONFLICT (name) DO UPDATE SET holder = $2, until_ms = now_ms() + $3::bigint,
    term = l.term + CASE WHEN l.holder = $2 AND l.until_ms >= now_ms() THEN 0 ELSE 1 END
  WHERE l.holder = $2 OR l.until_ms < now_ms()
  RETURNING term`

const giveBackSql = 'UPDATE leases SET until_ms = now_ms() - 1 WHERE name = $1 AND holder = $2'

/** @param once runs one statement that commits by itself */
export function createSharedLease(once: (text: string, values: unknown[]) => Promise<Row[]>): SharedLease {
  // Of this process: host and pod names come again.
  const holder = randomUUID()
  return {
    async keep(name, forMs) {
      const [kept] = await once(keepSql, [name, holder, forMs])
      return kept ? { term: Number(kept.term) } : undefined
    },
    async giveBack(name) {
      await once(giveBackSql, [name, holder])
    },
  }
}
