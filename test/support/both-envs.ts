import { journalEnv } from './journal-url.ts'
import { usePostgres } from './postgres-for-tests.ts'

type EnvOfDatabase = {
  name: 'SQLite' | 'PostgreSQL'
  /** @returns what a service needs in its environment for a journal that is empty; with SQLite nothing */
  makeEnv: () => Promise<Record<string, string>>
}

/** For suites that start a service on each of the two databases. To be called where a suite may be defined. */
export function useBothEnvs(): EnvOfDatabase[] {
  const makeDatabase = usePostgres()
  return [
    { name: 'SQLite', makeEnv: async () => ({}) },
    { name: 'PostgreSQL', makeEnv: async () => journalEnv(await makeDatabase()) },
  ]
}
