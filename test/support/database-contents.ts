import pg from 'pg'
import { getTypeParser } from '../../src/journal/postgres/pool.ts'

export type Rows = Record<string, unknown>[]

/** Runs statements on a connection of their own. @returns the rows of the last one */
export async function askDatabase(url: string, sql: string): Promise<Rows> {
  const client = new pg.Client({ connectionString: url, types: { getTypeParser } })
  await client.connect()
  try {
    const result = (await client.query<Rows[number]>(sql)) as pg.QueryResult<Rows[number]> | pg.QueryResult[]
    return Array.isArray(result) ? result.at(-1)!.rows : result.rows
  } finally {
    await client.end()
  }
}

/** @returns all rows of all tables, by table */
export async function readContents(url: string): Promise<Record<string, Rows>> {
  const tables = await askDatabase(
    url,
    `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename`,
  )
  const contents: Record<string, Rows> = {}
  for (const name of tables.map((table) => String(table.name)))
    contents[name] = await askDatabase(url, `SELECT * FROM ${name} AS t ORDER BY t::text`)
  return contents
}

/** @returns a line for each column, constraint, index, view, function and table setting */
export async function describeSchema(url: string): Promise<string[]> {
  const lines = await askDatabase(
    url,
    `SELECT format('%s.%s %s %s %s %s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
         CASE WHEN a.attnotnull THEN 'NOT NULL' END, a.attidentity, pg_get_expr(d.adbin, d.adrelid)) AS line
       FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
       LEFT JOIN pg_attrdef d ON (d.adrelid, d.adnum) = (a.attrelid, a.attnum)
       WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
     UNION ALL SELECT format('%s %s %s', relname, relkind, reloptions) FROM pg_class
       WHERE relnamespace = 'public'::regnamespace
     UNION ALL SELECT format('%s %s', conrelid::regclass, pg_get_constraintdef(oid)) FROM pg_constraint
       WHERE connamespace = 'public'::regnamespace
     UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
     UNION ALL SELECT format('%s %s', viewname, definition) FROM pg_views WHERE schemaname = 'public'
     UNION ALL SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
     ORDER BY line`,
  )
  return lines.map(({ line }) => String(line))
}
