import { createPool, type PostgresConfig } from '../../journal/postgres/pool.ts'
import { createShortTransactions, type Query } from '../../journal/postgres/short-transactions.ts'
import type { Logger } from '../../observability/logger.ts'
import type { Clock } from '../../time/clock.ts'
import { columnNames, eraseSql, toValues, type DiaryEntry } from '../entry.ts'
import type { DiaryStore } from '../store.ts'
import { createSchemaSql, createSegmentSql, insertSql, lockSql, segmentsSql, tryLockSql } from './schema.ts'

const dayMs = 24 * 60 * 60 * 1000
/** The oldest segment goes as a whole, so none may be a large part of the room. */
const segmentShare = 1 / 16

type Segment = { beginMs: number; bytes: number }

/**
 * The diary of all replicas, in a schema of its own and over a connection of its own: never one of the journal's pool. Its
 * commits wait for no disk.
 */
export function createDatabaseStore(
  postgres: PostgresConfig,
  maxBytes: number,
  { clock, log }: { clock: Clock; log: Logger },
): DiaryStore {
  const connection = createShortTransactions(createPool({ ...postgres, poolSize: 1, patienceMs: 2_000 }, log))
  /** The begin of the segment that rows go into. */
  let current: number | undefined

  /** Finds the segment that rows go into, or makes one if the last is too large, or of another day. */
  async function prepare(): Promise<void> {
    current = (await connection.write(findCurrent)) ?? (await connection.write(makeSegment))
  }

  async function findCurrent(query: Query): Promise<number | undefined> {
    const last = (await readSegments(query)).at(-1)
    return last && !isOver(last, clock.nowMs()) ? last.beginMs : undefined
  }

  /** Another replica may have made it by the time that this one has the lock. */
  async function makeSegment(query: Query): Promise<number> {
    await query({ text: lockSql })
    const made = await findCurrent(query)
    if (made !== undefined) return made
    await query({ text: createSchemaSql })
    const lastMs = (await readSegments(query)).at(-1)?.beginMs ?? 0
    const beginMs = Math.max(clock.nowMs(), lastMs + 1)
    await query({ text: createSegmentSql(beginMs) })
    return beginMs
  }

  function isOver({ beginMs, bytes }: Segment, nowMs: number): boolean {
    return bytes > maxBytes * segmentShare || Math.floor(beginMs / dayMs) < Math.floor(nowMs / dayMs)
  }

  return {
    async write(entries) {
      if (current === undefined) await prepare()
      const text = insertSql(current!)
      try {
        await connection.write((query) => query({ text, values: [toJson(entries)] }))
      } catch (error) {
        // It may be gone, as after a restore of the database: the next batch looks again.
        current = undefined
        throw error
      }
    },

    async tidy(beforeMs) {
      await prepare()
      return await connection.write(async (query) => {
        const segments = await readSegments(query)
        const bytes = segments.reduce((sum, each) => sum + each.bytes, 0)
        const [oldest, next] = segments
        // All its rows are older than the start of the next segment.
        const isPast =
          next !== undefined && (next.beginMs < beforeMs || bytes > maxBytes * (1 - segmentShare))
        if (!oldest || !isPast) return { isTidy: true, bytes }
        const [lock] = await query({ text: tryLockSql })
        if (lock?.is_locked) await query({ text: `DROP TABLE diary.entries_${oldest.beginMs}` })
        return { isTidy: false, bytes: bytes - oldest.bytes }
      })
    },

    close: connection.close,
  }
}

/** @throws Error if it cannot be written */
export async function eraseInDatabase(
  postgres: PostgresConfig,
  cardHash: string,
  log: Logger,
): Promise<void> {
  const connection = createShortTransactions(createPool({ ...postgres, poolSize: 1, patienceMs: 3_000 }, log))
  try {
    const text = `${eraseSql.replace('entries', 'diary.entries')}$1`
    await connection.write((query) => query({ text, values: [cardHash] }))
  } finally {
    await connection.close()
  }
}

async function readSegments(query: Query): Promise<Segment[]> {
  const rows = await query({ text: segmentsSql })
  return rows.map((row) => ({ beginMs: Number(row.begin_ms), bytes: Number(row.bytes) }))
}

function toJson(entries: DiaryEntry[]): string {
  return JSON.stringify(
    entries.map((entry) => Object.fromEntries(toValues(entry).map((value, at) => [columnNames[at], value]))),
  )
}
