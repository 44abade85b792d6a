/** What a database stores in a column. */
export type Value = null | number | string | Uint8Array
export type Row = Record<string, Value>

/**
 * What is read and written in one transaction: a generator that yields statements and gets their answers. So the two
 * databases share one copy of it: SQLite runs it to its end at once, PostgreSQL waits for each answer. It may run more
 * than once, and must do nothing but read and write.
 */
export type Work<T> = Generator<Statement, T, Answer>

/** @param values by name, or in the order of the statement's `?`, which takes SQLite a tenth of the time */
export type Statement = { gets: 'all' | 'first' | 'changes'; sql: string; values: Row | Value[] }

/** `rows` of a statement that reads, `changes` (rows written) of one that writes. */
export type Answer = { rows: Row[]; changes: number }

/** @returns all rows */
export function* all(sql: string, values: Row | Value[] = []): Work<Row[]> {
  return (yield { gets: 'all', sql, values }).rows
}

/** @returns the first row */
export function* get(sql: string, values: Row | Value[] = []): Work<Row | undefined> {
  return (yield { gets: 'first', sql, values }).rows[0]
}

/** @returns how many rows it has written */
export function* run(sql: string, values: Row | Value[] = []): Work<number> {
  return (yield { gets: 'changes', sql, values }).changes
}
