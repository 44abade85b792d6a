/**
 * PostgreSQL's tables that get rows from SQLite. It has no others with rows to keep: leases last seconds, and the clock is
 * about its own server.
 * SQLite's others are counters, which are views in PostgreSQL, and when a service last ran and how it ended.
 */
export const copiedTables = [
  'redemptions',
  'redemption_aliases',
  'tickets',
  'dead_letters',
  'venues',
  'budgets',
  'audit',
] as const

export type CopiedTable = (typeof copiedTables)[number]
export type Copied = { table: CopiedTable; rows: number }

/** The copy would be wrong: the message says why, and what to do about it. */
export class CopyRefused extends Error {
  override name = 'CopyRefused'
}
