import { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'
import { pauseUntil } from './pause.ts'

const rows = z.array(
  z.object({
    id: z.string(),
    key: z.string(),
    state: z.string(),
    undoBy: z.string().nullable(),
    cardHash: z.string(),
    rewardId: z.string().nullable(),
    ticketKey: z.string().nullable(),
    isNamedByTicket: z.int(),
    confirmedAtMs: z.int().nullable(),
  }),
)

const rowsSql = `SELECT id, key, state, undo_by AS "undoBy", card_hash AS "cardHash", reward_id AS "rewardId",
  ticket_key AS "ticketKey", is_named_by_ticket AS "isNamedByTicket", confirmed_at AS "confirmedAtMs" FROM redemptions`

export type JournalRow = z.output<typeof rows>[number]

/** The journal of a service that is down, after an hour of that: nobody has to wait for what is due by then. */
export function ageJournal(journalPath: string) {
  const hourMs = 3_600_000
  const times = [
    'created_at',
    'sent_at',
    'call_until',
    'due_at',
    'confirmed_at',
    'answered_at',
    'changed_at',
    'undo_since',
  ]
  withFile(journalPath, (file) =>
    file.exec(`UPDATE redemptions SET ${times.map((name) => `${name} = ${name} - ${hourMs}`).join()}`),
  )
}

/** @param sql of a `TestJournal` */
export async function readRowsBy(sql: (statement: string) => Promise<unknown[]>): Promise<JournalRow[]> {
  return rows.parse(await sql(rowsSql))
}

export function readRows(journalPath: string): JournalRow[] {
  return withFile(journalPath, (file) => rows.parse(file.prepare(rowsSql).all()))
}

/** @returns whether within that time nothing was open any more, neither for the metrics page nor in the file */
export async function isSettledWithin(
  ms: number,
  { managementUrl, journalPath }: { managementUrl: string; journalPath: string },
) {
  const signal = AbortSignal.timeout(ms)
  do {
    const page = await (await fetch(`${managementUrl}/metrics`)).text()
    if (openOf(page) === 0 && countDue(journalPath) === 0) return true
  } while (await pauseUntil(signal, 250))
  return false
}

/** Redemptions that are stuck are open too: the chaos never refuses an undo so often. */
function openOf(metricsPage: string): number {
  const values = metricsPage.matchAll(/^zonal_(?:redemptions\{.*\}|tickets_waiting) (\d+)$/gm)
  return [...values].reduce((sum, [, value]) => sum + Number(value), 0)
}

function countDue(journalPath: string): number {
  const count = z.object({ count: z.number() })
  return withFile(
    journalPath,
    (file) =>
      count.parse(file.prepare('SELECT count(*) AS count FROM redemptions WHERE due_at IS NOT NULL').get())
        .count,
  )
}

function withFile<T>(journalPath: string, work: (file: DatabaseSync) => T): T {
  const file = new DatabaseSync(journalPath, { timeout: 5_000 })
  try {
    return work(file)
  } finally {
    file.close()
  }
}
