/** The last row that was listed, of a list by time, newest first. Several rows may have one time. */
export type Listed = { atMs: number; id: string }

/** @returns what is true of the rows behind that one; the first part lets it be found by an index of the time */
export function whereAfter(column: 'created_at' | 'changed_at'): string {
  return `${column} <= :afterMs AND (${column} < :afterMs OR id < :afterId)`
}

/** @returns the values of `whereAfter` */
export function toValues(after: Listed | undefined): { afterMs: number; afterId: string } | object {
  return after ? { afterMs: after.atMs, afterId: after.id } : {}
}
