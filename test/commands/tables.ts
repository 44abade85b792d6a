import pg from 'pg'
import { getTypeParser } from '../../src/journal/postgres/pool.ts'
import type { TestJournal } from '../support/test-journal.ts'

/** @returns all rows of each table, in the file and in the database, as text and in the same order */
export async function readTables(test: TestJournal, url: string, tables: readonly string[]) {
  return await withClient(url, async (client) => {
    const read = []
    for (const table of tables) {
      const { rows } = await client.query<Record<string, unknown>>(`SELECT * FROM ${table}`)
      const inFile = await test.sql(`SELECT * FROM ${table}`)
      read.push({ table, inFile: inFile.map(toText).sort(), inDatabase: rows.map(toText).sort() })
    }
    return read
  })
}

/** @returns the names of the tables in a database */
export async function tablesOf(url: string): Promise<string[]> {
  return await withClient(url, async (client) => {
    const { rows } = await client.query<{ name: string }>(
      `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'`,
    )
    return rows.map(({ name }) => name)
  })
}

async function withClient<T>(url: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, types: { getTypeParser } })
  await client.connect()
  try {
    return await use(client)
  } finally {
    await client.end()
  }
}

function toText(row: Record<string, unknown>): string {
  const columns = Object.entries(row).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return JSON.stringify(
    columns.map(([name, value]) => [
      name,
      value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value,
    ]),
  )
}
