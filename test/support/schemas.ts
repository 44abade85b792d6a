import { readdirSync, readFileSync } from 'node:fs'
import { migrate } from '../../src/journal/postgres/migrate.ts'
import { migrations, type Migration } from '../../src/journal/postgres/migrations.ts'
import { createPool } from '../../src/journal/postgres/pool.ts'
import { createLogger } from '../../src/observability/logger.ts'
import { postgresAt } from './journal-url.ts'
import { usePostgres } from './postgres-for-tests.ts'

/** What the next release may do to the schema while this one serves: it adds what this one does not see. */
const expanding = `
  ALTER TABLE redemptions ADD COLUMN later_text text, ADD COLUMN later_number bigint NOT NULL DEFAULT 7;
  ALTER TABLE redemption_aliases ADD COLUMN later_text text;
  ALTER TABLE tickets ADD COLUMN later_text text, ADD COLUMN later_time bigint NOT NULL DEFAULT 0;
  ALTER TABLE dead_letters ADD COLUMN later_text text NOT NULL DEFAULT 'unknown';
  ALTER TABLE venues ADD COLUMN later_flag boolean NOT NULL DEFAULT false;
  ALTER TABLE budgets ADD COLUMN later_ms bigint[] NOT NULL DEFAULT '{}';
  ALTER TABLE leases ADD COLUMN later_text text;
  ALTER TABLE clock ADD COLUMN later_text text;
  CREATE INDEX redemptions_by_later_text ON redemptions (later_text) WHERE later_text IS NOT NULL;
  -- A state of the release after the next: before anybody writes it, the next one has to be able to read it.
  ALTER TABLE redemptions DROP CONSTRAINT redemptions_state_check;
  ALTER TABLE redemptions ADD CONSTRAINT redemptions_state_check CHECK (state IN
    ('sent', 'not_done', 'refused', 'confirmed', 'credited', 'in_doubt', 'reversed', 'stuck', 'later')) NOT VALID;
  CREATE TABLE later_things (id text PRIMARY KEY, run bigint GENERATED ALWAYS AS IDENTITY);
  CREATE TABLE later_runs (run bigint GENERATED ALWAYS AS IDENTITY);
  INSERT INTO later_runs DEFAULT VALUES;
`

const { minCodeVersion } = migrations.at(-1)!

/** Of the next release. `later_runs` has a row for each time that it ran. */
export const nextMigrations: readonly Migration[] = [...migrations, { sql: expanding, minCodeVersion }]

/** Of a release after it: the schema is none for this one any more. */
export const contractedMigrations: readonly Migration[] = [
  ...nextMigrations,
  { sql: 'ALTER TABLE redemptions DROP COLUMN moved', minCodeVersion: migrations.length + 1 },
]

/** Brings the schema of a release. @param url of a database of `usePostgres` */
export async function migrateTo(url: string, release: readonly Migration[]) {
  const config = postgresAt(url)
  const pool = createPool(config, createLogger('silent'))
  try {
    await migrate(pool, config.patienceMs, release)
  } finally {
    await pool.end()
  }
}

/** A database of each release's schema for a suite. @returns as `usePostgres`, with the schema of the release */
export function useMigrated(release: readonly Migration[]): () => Promise<string> {
  const makeDatabase = usePostgres()
  let template: Promise<string> | undefined
  async function makeTemplate() {
    const url = await makeDatabase()
    await migrateTo(url, release)
    return url
  }
  return async () => await makeDatabase(await (template ??= makeTemplate()))
}

const frozenFolder = new URL('../journal/frozen/', import.meta.url)

/**
 * The schemas of releases, oldest first, as SQL of a database with something of everything in it:
 * `test/journal/frozen/write.ts`.
 */
export const frozenSchemas = readdirSync(frozenFolder)
  .flatMap((name) => {
    const [, version] = /^postgres-(\d+)\.sql$/.exec(name) ?? []
    return version ? { version: Number(version), sql: readFileSync(new URL(name, frozenFolder), 'utf8') } : []
  })
  .toSorted((a, b) => a.version - b.version)
