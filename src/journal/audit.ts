import { narrow } from './narrow.ts'
import { all, get, run, type Row, type Work } from './work.ts'

/** What a person can do, or look at, that is written down. */
export type ActName = 'retry' | 'settle' | 'send' | 'drop' | 'erase_card' | 'find_card' | 'see_content'

/** Who did something, by what, and why. */
export type Act = {
  /** Identifies it: what comes twice under one id is done once. */
  id: string
  who: string
  /** Undefined for a command: whoever can run it may do everything. */
  role: string | undefined
  by: 'console' | 'command'
  why: string | undefined
  /** From where; undefined for a command. */
  address: string | undefined
}

/** One line of the audit. `atMs`: epoch ms; `before` and `after`: what it was done to, in words. */
export type AuditEntry = Act & {
  sequence: number
  atMs: number
  act: ActName
  /** The id of a redemption or dead letter; of a card its last four characters. */
  target: string
  before: string | undefined
  after: string | undefined
}

/** @param belowSequence the newest entries older than that one; undefined: the newest of all */
export type AuditFilter = {
  target?: string | undefined
  belowSequence?: number | undefined
  limit: number
}

type NewEntry = Pick<AuditEntry, 'act' | 'target' | 'before' | 'after'>

/** Adds one line. The id of the act must be new: ask `findAct` first. */
export function* addToAudit(act: Act, entry: NewEntry, nowMs: number): Work<void> {
  yield* run(
    `INSERT INTO audit (id, at, who, role, by_what, act, target, was, became, why, address)
     VALUES (:id, :nowMs, :who, :role, :by, :act, :target, :before, :after, :why, :address)`,
    toRow({ ...act, ...entry, nowMs }),
  )
}

/** @returns what was done under this id; undefined if nothing was */
export function* findAct(id: string): Work<AuditEntry | undefined> {
  const row = yield* get('SELECT * FROM audit WHERE id = :id', { id })
  return row && readEntry(row)
}

/** @returns the newest first */
export function* listAudit({ target, belowSequence, limit }: AuditFilter): Work<AuditEntry[]> {
  const { where, values } = narrow(
    { target: 'target = :target', belowSequence: 'sequence < :belowSequence' },
    { target, belowSequence },
  )
  const sql = `SELECT * FROM audit WHERE ${where} ORDER BY sequence DESC LIMIT :limit`
  return (yield* all(sql, { ...values, limit })).map(readEntry)
}

/** @returns the name of whoever did it, with the role at the console */
export function nameOf({ who, role }: Pick<Act, 'who' | 'role'>): string {
  return role === undefined ? who : `${who} (${role})`
}

function toRow(values: Record<string, string | number | undefined>): Row {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value ?? null]))
}

function readEntry(row: Row): AuditEntry {
  const text = (name: string) => (row[name] === null ? undefined : String(row[name]))
  return {
    sequence: Number(row.sequence),
    id: String(row.id),
    atMs: Number(row.at),
    who: String(row.who),
    role: text('role'),
    by: row.by_what === 'console' ? 'console' : 'command',
    act: String(row.act) as ActName,
    target: String(row.target),
    before: text('was'),
    after: text('became'),
    why: text('why'),
    address: text('address'),
  }
}
