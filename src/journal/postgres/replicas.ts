import type { SharedReplicas } from '../shared.ts'
import type { Row } from '../work.ts'

/** A pod that is gone is not listed any more after a minute, and forgotten after five. */
const tellSql = `WITH gone AS (DELETE FROM replicas WHERE at < now_ms() - 300000 AND name <> $1)
  INSERT INTO replicas VALUES ($1, now_ms(), $2) ON CONFLICT (name) DO UPDATE SET at = now_ms(), facts = $2`
const listSql = 'SELECT name, at, facts FROM replicas WHERE at > now_ms() - 60000 ORDER BY name'

/** @param once runs one statement that commits by itself */
export function createSharedReplicas(
  once: (text: string, values: unknown[]) => Promise<Row[]>,
): SharedReplicas {
  return {
    async tell(name, facts) {
      await once(tellSql, [name, facts])
    },
    async list() {
      const rows = await once(listSql, [])
      return rows.map((row) => ({
        name: String(row.name),
        seenAtMs: Number(row.at),
        facts: String(row.facts),
      }))
    },
  }
}
