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

/** Runs a statement on the journal, beside the service. */
export type Sql = (statement: string) => Promise<unknown[]>

export const agedByMs = 3_600_000

/** The journal of a service that is down, after an hour of that: nobody has to wait for what is due by then. */
export async function ageJournal(sql: Sql) {
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
  await sql(`UPDATE redemptions SET ${times.map((name) => `${name} = ${name} - ${agedByMs}`).join()}`)
}

/** @param sql of a `TestJournal`, or as here */
export async function readRowsBy(sql: Sql): Promise<JournalRow[]> {
  return rows.parse(await sql(rowsSql))
}

/** @returns whether within that time nothing was open any more, neither for the metrics pages nor in the journal */
export async function isSettledWithin(
  ms: number,
  { managementUrls, sql }: { managementUrls: string[]; sql: Sql },
) {
  const signal = AbortSignal.timeout(ms)
  do {
    const pages = await Promise.all(managementUrls.map(readMetrics))
    if (pages.every((page) => openOf(page) === 0) && (await countDue(sql)) === 0) return true
  } while (await pauseUntil(signal, 250))
  return false
}

async function readMetrics(managementUrl: string): Promise<string> {
  return await (await fetch(`${managementUrl}/metrics`)).text()
}

/** Redemptions that are stuck are open too: the chaos never refuses an undo so often. */
function openOf(metricsPage: string): number {
  const values = metricsPage.matchAll(/^zonal_(?:redemptions\{.*\}|tickets_waiting) (\d+)$/gm)
  return [...values].reduce((sum, [, value]) => sum + Number(value), 0)
}

async function countDue(sql: Sql): Promise<number> {
  const count = z.tuple([z.object({ count: z.number() })])
  const [{ count: due }] = count.parse(
    await sql('SELECT count(*) AS count FROM redemptions WHERE due_at IS NOT NULL'),
  )
  return due
}

export function sqlOfFile(journalPath: string): Sql {
  return async (statement) => {
    const file = new DatabaseSync(journalPath, { timeout: 5_000 })
    try {
      return file.prepare(statement).all()
    } finally {
      file.close()
    }
  }
}
