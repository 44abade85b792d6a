import { createPool, type Pool, type PostgresConfig } from '../../journal/postgres/pool.ts'
import { runWork } from '../../journal/postgres/run-work.ts'
import { toNumbered } from '../../journal/postgres/statements.ts'
import type { Logger } from '../../observability/logger.ts'
import type { Clock } from '../../time/clock.ts'
import { columnNames, eraseSql, toValues, type DiaryEntry } from '../entry.ts'
import type { Reader, DiaryStore } from '../store.ts'
import { createConnection, type Query } from './connection.ts'
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
  const connection = createConnection(createPool({ ...postgres, poolSize: 1, patienceMs: 2_000 }, log))
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
    await query(lockSql)
    const made = await findCurrent(query)
    if (made !== undefined) return made
    await query(createSchemaSql)
    const lastMs = (await readSegments(query)).at(-1)?.beginMs ?? 0
    const beginMs = Math.max(clock.nowMs(), lastMs + 1)
    await query(createSegmentSql(beginMs))
    return beginMs
  }

  function isOver({ beginMs, bytes }: Segment, nowMs: number): boolean {
    return bytes > maxBytes * segmentShare || Math.floor(beginMs / dayMs) < Math.floor(nowMs / dayMs)
  }

  return {
    async write(entries) {
      if (current === undefined) await prepare()
      const sql = insertSql(current!)
      try {
        await connection.write((query) => query(sql, [toJson(entries)]))
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
        // All rows of it are older than the begin of the next.
        const isPast =
          next !== undefined && (next.beginMs < beforeMs || bytes > maxBytes * (1 - segmentShare))
        if (!oldest || !isPast) return { isTidy: true, bytes }
        const [lock] = await query(tryLockSql)
        if (lock?.is_locked) await query(`DROP TABLE diary.entries_${oldest.beginMs}`)
        return { isTidy: false, bytes: bytes - oldest.bytes }
      })
    },

    close: connection.close,
  }
}

/** Look-ups have a small pool of their own, a limit, and a transaction that cannot write. */
export function createDatabaseReader(postgres: PostgresConfig, log: Logger): Reader {
  const connection = createConnection(createLookUpPool(postgres, log), 'diary')
  let isMade = false
  return {
    async read(work) {
      return await connection.read(async (query) => {
        isMade ||= Boolean((await query(`SELECT to_regclass('diary.entries')::text AS found`))[0]?.found)
        return await runWork(work, async (statement) => {
          const { text, values } = toNumbered(statement)
          return { rows: isMade ? await query(text, values) : [], changes: 0 }
        })
      })
    },
    close: connection.close,
  }
}

/** The same for the journal's tables. */
export function createJournalReader(postgres: PostgresConfig, log: Logger): Reader {
  const connection = createConnection(createLookUpPool(postgres, log))
  return {
    read: (work) =>
      connection.read((query) =>
        runWork(work, async (statement) => {
          const { text, values } = toNumbered(statement)
          return { rows: await query(text, values), changes: 0 }
        }),
      ),
    close: connection.close,
  }
}

function createLookUpPool(postgres: PostgresConfig, log: Logger): Pool {
  return createPool({ ...postgres, poolSize: 2, patienceMs: 3_000 }, log)
}

/** @throws Error if it cannot be written */
export async function eraseInDatabase(
  postgres: PostgresConfig,
  cardHash: string,
  log: Logger,
): Promise<void> {
  const connection = createConnection(createPool({ ...postgres, poolSize: 1, patienceMs: 3_000 }, log))
  try {
    await connection.write((query) => query(eraseSql.replace('entries', 'diary.entries') + '$1', [cardHash]))
  } finally {
    await connection.close()
  }
}

async function readSegments(query: Query): Promise<Segment[]> {
  const rows = await query(segmentsSql)
  return rows.map((row) => ({ beginMs: Number(row.begin_ms), bytes: Number(row.bytes) }))
}

function toJson(entries: DiaryEntry[]): string {
  return JSON.stringify(
    entries.map((entry) => Object.fromEntries(toValues(entry).map((value, at) => [columnNames[at], value]))),
  )
}
