import { DatabaseSync } from 'node:sqlite'
import pg from 'pg'
import { diaryPathOf } from '../../src/diary/sqlite/store.ts'

/**
 * Locks all tables of the diary, as a careless person at a prompt could.
 * @param env of the service, as `journalEnv` has it
 * @returns releases it
 */
export async function holdLock(
  env: Record<string, string>,
  journalPath: string,
): Promise<() => Promise<void>> {
  const { JOURNAL_URL: databaseUrl, JOURNAL_PASSWORD: password = '' } = env
  if (databaseUrl === undefined) {
    const file = new DatabaseSync(diaryPathOf(journalPath))
    file.exec('BEGIN EXCLUSIVE')
    return async () => file.close()
  }
  const url = new URL(databaseUrl)
  url.password = password
  const client = new pg.Client({ connectionString: url.href })
  await client.connect()
  // Whatever else a lock does, the inserts of all segments wait for it.
  const { rows } = await client.query<{ name: string }>(
    `SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'diary.entries'::regclass`,
  )
  await client.query('BEGIN')
  for (const { name } of rows) await client.query(`LOCK TABLE ${name} IN ACCESS EXCLUSIVE MODE`)
  return () => client.end()
}
