/**
 * Whatever the journal keeps. SQLite's other tables are counters, which are views in PostgreSQL, and when the service
 * last ran, for which PostgreSQL has its own clock.
 */
export const copiedTables = [
  'redemptions',
  'redemption_aliases',
  'tickets',
  'dead_letters',
  'venues',
  // What the core still counts against us, and whether the last stop was clean.
  'budget',
  'starts',
] as const

export type CopiedTable = (typeof copiedTables)[number]
export type Copied = { table: CopiedTable; rows: number }

/** The copy would be wrong: the message says why, and what to do about it. */
export class CopyRefused extends Error {
  override name = 'CopyRefused'
}
