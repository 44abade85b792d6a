import { all, get, type Row, type Work } from '../journal/work.ts'
import { readEntry, storedId, type DiaryEntry } from './entry.ts'

/** Epoch ms: `fromMs` itself is part of it, `toMs` is not. */
export type Period = { fromMs: number; toMs: number }

/** Everything that is remembered. */
export const always: Period = { fromMs: 0, toMs: Number.MAX_SAFE_INTEGER }

/** The newest rows that one look-up reads. */
export const maxEntries = 500

/** Ids that are looked up by their beginning, if that has at least 8 characters: UUIDs, which are ours. */
const prefixColumns = ['request_id', 'redemption_id'] as const
/** Ids of the till, looked up as a whole and as they are written. */
const exactColumns = ['transaction_id', 'ticket_id'] as const
const minBeginningLength = 8

/** @returns what tills said and heard about a bill, the newest first */
export function entriesOfBill(
  { venueId, account }: { venueId: string; account: string },
  { fromMs, toMs }: Period,
): Work<DiaryEntry[]> {
  return entries('venue_id = :venueId AND account = :account AND at >= :fromMs AND at < :toMs', {
    ...{ venueId, account: storedId(account) ?? '', fromMs, toMs },
  })
}

/** @returns the same about a card, at every venue */
export function entriesOfCard(cardHash: string, { fromMs, toMs }: Period): Work<DiaryEntry[]> {
  return entries('card_hash = :cardHash AND at >= :fromMs AND at < :toMs', { cardHash, fromMs, toMs })
}

/** @returns how many rows are about a card, and the rows that say where Kafka has its tickets; all, however many there are */
export function* countOfCard(cardHash: string): Work<{ rows: number; published: DiaryEntry[] }> {
  const counted = yield* get('SELECT count(*) AS rows FROM entries WHERE card_hash = :cardHash', { cardHash })
  const sql = `SELECT * FROM entries WHERE message = 'published' AND event_id IN
    (SELECT event_id FROM entries WHERE card_hash = :cardHash AND event_id IS NOT NULL) ORDER BY at DESC`
  const published = yield* all(sql, { cardHash })
  return { rows: Number(counted?.rows), published: published.map(readEntry) }
}

/**
 * @param id of a request, transaction, redemption or ticket; of a request or redemption its first 8 characters or more
 * @returns what names it, the newest first
 */
export function* entriesOfId(id: string): Work<DiaryEntry[]> {
  const found: DiaryEntry[] = []
  // One after the other: with OR both databases may read the whole table.
  for (const column of exactColumns)
    found.push(...(yield* entries(`${column} = :id`, { id: storedId(id) ?? '' })))
  const from = id.toLowerCase()
  found.push(...(yield* entries('event_id = :id', { id: storedId(from) ?? '' })))
  if (from.length >= minBeginningLength && /^[0-9a-f-]+$/.test(from))
    for (const column of prefixColumns)
      found.push(...(yield* entries(`${column} >= :from AND ${column} < :to`, { from, to: `${from}~` })))
  return newestFirst(found)
}

/** @returns all about these redemptions, or these tickets: what was tried to give back, and where Kafka has them */
export function* entriesAbout(ids: { redemptionIds: string[]; eventIds: string[] }): Work<DiaryEntry[]> {
  const found = [
    ...(yield* ofAny('redemption_id', ids.redemptionIds)),
    ...(yield* ofAny('event_id', ids.eventIds)),
  ]
  return newestFirst(found)
}

/** @returns each Aztec venue ID that has sent one of these messages, with epoch ms: when it last did */
export function* lastSpokeMs(
  messages: readonly string[],
  { fromMs, toMs }: Period,
): Work<Map<string, number>> {
  const last = new Map<string, number>()
  for (const message of messages) {
    const sql = `SELECT venue_id, max(at) AS at FROM entries
      WHERE message = :message AND at >= :fromMs AND at < :toMs GROUP BY venue_id`
    for (const { venue_id: venueId, at } of yield* all(sql, { message, fromMs, toMs }))
      last.set(String(venueId), Math.max(Number(at), last.get(String(venueId)) ?? 0))
  }
  return last
}

/** How many rows of a kind there are in a quarter of an hour. */
export type QuarterCount = { message: string; code: string; quarter: number; count: number }

export const quarterMs = 15 * 60_000

/** @returns how many rows of each message and code there are in each quarter of an hour, numbered since 1970 */
export function* countByQuarter(messages: readonly string[], { fromMs, toMs }: Period): Work<QuarterCount[]> {
  const found: QuarterCount[] = []
  for (const message of messages) {
    const sql = `SELECT code, at / ${quarterMs} AS quarter, count(*) AS rows FROM entries
      WHERE message = :message AND at >= :fromMs AND at < :toMs GROUP BY 1, 2`
    for (const row of yield* all(sql, { message, fromMs, toMs })) {
      const { code, quarter, rows } = row
      found.push({ message, code: String(code), quarter: Number(quarter), count: Number(rows) })
    }
  }
  return found
}

/** @returns the last tries to give something back, the newest first */
export function* undosIn({ fromMs, toMs }: Period, limit: number): Work<DiaryEntry[]> {
  const sql = `SELECT * FROM entries WHERE message = 'undo' AND at >= :fromMs AND at < :toMs ORDER BY at DESC LIMIT ${limit}`
  return (yield* all(sql, { fromMs, toMs })).map(readEntry)
}

/** @returns the bills with this number at whatever venue, and when they were last heard of, the newest first */
export function* billsByNumber(
  account: string,
): Work<{ venueId: string; account: string; lastMs: number }[]> {
  const sql = `SELECT venue_id, max(at) AS last_at FROM entries
    WHERE account = :account GROUP BY venue_id ORDER BY 2 DESC LIMIT 50`
  const rows = yield* all(sql, { account: storedId(account) ?? '' })
  return rows.map((row) => ({ venueId: String(row.venue_id), account, lastMs: Number(row.last_at) }))
}

function* entries(where: string, values: Row): Work<DiaryEntry[]> {
  const sql = `SELECT * FROM entries WHERE ${where} ORDER BY at DESC LIMIT ${maxEntries}`
  return (yield* all(sql, values)).map(readEntry)
}

function* ofAny(column: 'redemption_id' | 'event_id', ids: string[]): Work<DiaryEntry[]> {
  const values = [...new Set(ids)].slice(0, maxEntries)
  if (values.length === 0) return []
  const { names, named } = listOf(values)
  return yield* entries(`${column} IN (${names})`, named)
}

/** @returns parameters for a list, padded with its last value to a power of two, so that there are few different statements */
function listOf(values: readonly string[]): { names: string; named: Row } {
  const length = 2 ** Math.ceil(Math.log2(values.length))
  const all = Array.from({ length }, (_, index) => [`id${index}`, values[index] ?? values.at(-1)!] as const)
  return { names: all.map(([name]) => `:${name}`).join(', '), named: Object.fromEntries(all) }
}

/** @returns each row once */
export function newestFirst(found: DiaryEntry[]): DiaryEntry[] {
  const once = new Map(found.map((entry) => [JSON.stringify(entry), entry]))
  return [...once.values()].toSorted((a, b) => b.atMs - a.atMs)
}
