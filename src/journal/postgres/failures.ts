import { StorageUnavailable } from '../../model/refusal.ts'

/** The database cannot be used. A unit of work that refuses something throws a plain StorageUnavailable. */
export class DatabaseUnavailable extends StorageUnavailable {
  constructor(cause: unknown, { mayBeDone = false } = {}) {
    const { message } = cause instanceof DatabaseFailure ? cause : new DatabaseFailure(cause)
    super(`the journal's database cannot be used: ${message}`, { cause, mayBeDone })
  }
}

/** The schema is not up to date yet: it is being migrated, or a lock on a table prevents that. */
export class SchemaBehind extends DatabaseUnavailable {}

/** A later release has migrated the schema beyond what this one can use. */
export class SchemaTooNew extends DatabaseUnavailable {}

/** A statement, a connection or a COMMIT has failed at the database: `cause` is what pg threw. */
export class DatabaseFailure extends Error {
  override name = 'DatabaseFailure'

  /** The transaction may have been committed all the same. */
  readonly isOfCommit: boolean

  constructor(cause: unknown, { isOfCommit = false } = {}) {
    super(describe(cause), { cause })
    this.isOfCommit = isOfCommit
  }

  /** SQLSTATE, or the code of a system error; undefined for errors of pg itself, such as a connection that was lost. */
  get code(): string | undefined {
    return (this.cause as { code?: string }).code
  }
}

/** A host with several addresses fails with an error that has no message, but has a code. */
function describe(cause: unknown): string {
  const { message, code } = cause as { message?: string; code?: string }
  return message || code || String(cause)
}

/**
 * What to do after a failure. Units of work recognise that they run a second time, so a COMMIT without an answer needs no
 * rule of its own.
 *
 * - `again`: rolled back, or lost with its connection; run the work again
 * - `again_elsewhere`: the server is no primary (any more), or says nothing: present connections are of no use, so run it
 *   again on a new one
 * - `unavailable`: it will fail again
 * - `bug`: the statement is wrong
 */
type Remedy = 'again' | 'again_elsewhere' | 'unavailable' | 'bug'

/** https://www.postgresql.org/docs/current/errcodes-appendix.html; a code of two letters stands for its class. */
const remedies: Record<string, Remedy> = {
  '40': 'again',
  // Lock and statement limits.
  '55P03': 'again',
  '57014': 'again',
  // Two replicas wrote the same row at once: the second finds it.
  '23505': 'again',
  // The server stops, or has closed the connection.
  '57': 'again',
  '08': 'again',
  '25P03': 'again',
  '25P04': 'again',
  '53300': 'again',
  // Of prepared statements.
  '26000': 'again',
  '0A000': 'again',
  '42P05': 'again',
  '25006': 'again_elsewhere',
  // A pooler has passed on a transaction that had failed.
  '25P02': 'again_elsewhere',
  // No room, no memory, disk errors, damaged data; no such database, role or right: somebody has to act.
  '53': 'unavailable',
  '58': 'unavailable',
  XX: 'unavailable',
  '28': 'unavailable',
  '3D': 'unavailable',
  '42501': 'unavailable',
  // The schema is not there yet.
  '42P01': 'unavailable',
  '42703': 'unavailable',
  '42883': 'unavailable',
}

/** A pooler gives each transaction another connection, and does not follow which statements that has prepared. */
export function isMissingStatement({ code }: DatabaseFailure): boolean {
  return code === '26000' || code === '42P05'
}

/** What a prepared statement returns is not what it was: a later release has added a column meanwhile. */
export function isStalePlan({ code }: DatabaseFailure): boolean {
  return code === '0A000'
}

/** Of pg, which gives it no code. */
const readTimeout = 'Query read timeout'

/** @returns `bug` for an SQLSTATE that is not in the list; `again` for errors without one, such as a lost connection */
export function remedyFor({ code, message }: DatabaseFailure): Remedy {
  if (message === readTimeout) return 'again_elsewhere'
  if (code === undefined || !/^[0-9A-Z]{5}$/.test(code) || /^E[A-Z]{4}$/.test(code)) return 'again'
  return remedies[code] ?? remedies[code.slice(0, 2)] ?? 'bug'
}
