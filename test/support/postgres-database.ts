import { randomUUID } from 'node:crypto'
import pg from 'pg'

/**
 * @param server URL of any database on the server, with a user who may create databases
 * @param template URL of a database to copy, to which nobody is connected; without it the new one is empty
 * @returns URL of the new database
 */
export async function createDatabase(server: string, template?: string): Promise<string> {
  const name = `test_${randomUUID().replaceAll('-', '')}`
  const source = template ? nameOf(template) : 'template0'
  // Copying through the write-ahead log, as is usual, takes twice as long.
  await runSql(server, `CREATE DATABASE ${name} TEMPLATE ${source} STRATEGY file_copy`)
  const url = new URL(server)
  url.pathname = name
  return url.href
}

/** Also ends the connections to it. @param server URL of another database on the server */
export async function dropDatabase(server: string, url: string) {
  await runSql(server, `DROP DATABASE IF EXISTS ${nameOf(url)} WITH (FORCE)`)
}

export async function canLogIn(url: string): Promise<boolean> {
  try {
    await runSql(url, 'SELECT 1')
    return true
  } catch {
    return false
  }
}

/** Runs statements on a connection of their own. */
export async function runSql(url: string, sql: string) {
  await onConnection(url, (client) => client.query(sql))
}

/** @returns the rows of one statement, read on a connection of its own */
export async function readSql(url: string, sql: string): Promise<Record<string, unknown>[]> {
  return (await onConnection(url, (client) => client.query<Record<string, unknown>>(sql))).rows
}

async function onConnection<T>(url: string, act: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 })
  // A broken connection fails the query, but without this listener it would also end the process.
  client.on('error', () => undefined)
  try {
    await client.connect()
    return await act(client)
  } finally {
    await client.end()
  }
}

function nameOf(url: string): string {
  return pg.escapeIdentifier(decodeURIComponent(new URL(url).pathname.slice(1)))
}
