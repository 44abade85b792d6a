import type { Exchange } from '../exchange.ts'
import { describeError, type Logger } from '../observability/logger.ts'
import type { Metrics } from '../observability/metrics.ts'
import type { Clock, Timers } from '../time/clock.ts'
import { createLoop } from '../time/loop.ts'
import { settlesWithin, sleep } from '../time/waiting.ts'
import type { DiaryEntry } from './entry.ts'
import { ofPublished, ofRequest, ofUndo, type Published, type Undone } from './make-entry.ts'
import type { DiaryStore } from './store.ts'

type Deps = {
  store: DiaryStore
  days: number
  replica: string
  hashCard: (cardNumber: string) => string
  clock: Clock
  timers: Timers
  log: Logger
  metrics: Pick<Metrics, 'diaryRows' | 'diaryBytes'>
}

export type Diary = ReturnType<typeof createDiary>

const dayMs = 24 * 60 * 60 * 1000
const tidyEveryMs = 60_000
/** Pause between two steps of deleting. */
const stepPauseMs = 200
/** Of rows that wait for a slow database: some MB. */
const maxWaiting = 5_000
/** A batch of this many rows takes a few milliseconds. */
const maxAtOnce = 500
/** After a batch: what comes meanwhile is written together, since each batch is work for the database and for this thread. */
const pauseMs = 100
/** After one that could not be written: each try may cost a connection. */
const pauseAfterFailureMs = 1_000
/** A stop waits so long for the last rows. */
const closeWithinMs = 3_000

/**
 * What tills said and heard, for look-ups. Rows are written after the answer and never delay one: they are gathered for one
 * turn of the event loop and written one batch at a time, and those that cannot be written are dropped and counted.
 */
export function createDiary({ store, days, replica, hashCard, clock, timers, log, metrics }: Deps) {
  /** Of this turn of the event loop. */
  let gathered: (() => DiaryEntry)[] = []
  const waiting: DiaryEntry[] = []
  let writing: Promise<void> | undefined
  let isFailing = false
  const closing = new AbortController()
  const loop = createLoop({ timers, step: tidy })

  /** @param make called after the answer, since it takes some time */
  function add(make: () => DiaryEntry) {
    if (gathered.length === 0) setImmediate(endTurn)
    gathered.push(make)
  }

  function endTurn() {
    const room = Math.max(0, maxWaiting - waiting.length)
    drop(gathered.length - room)
    for (const make of gathered.slice(0, room)) waiting.push(make())
    gathered = []
    writing ??= writeAll()
  }

  async function writeAll() {
    while (waiting.length > 0) {
      await writeBatch(waiting.splice(0, maxAtOnce))
      const isBusy = waiting.length >= maxAtOnce || closing.signal.aborted
      const waitMs = isFailing ? pauseAfterFailureMs : isBusy ? 0 : pauseMs
      if (waitMs > 0) await sleep(timers, waitMs, closing.signal).catch(() => undefined)
    }
    writing = undefined
  }

  async function writeBatch(batch: DiaryEntry[]) {
    try {
      await store.write(batch)
      metrics.diaryRows.inc({ result: 'written' }, batch.length)
      report(undefined)
    } catch (error) {
      drop(batch.length)
      report(error)
    }
  }

  function drop(rows: number) {
    if (rows > 0) metrics.diaryRows.inc({ result: 'dropped' }, rows)
  }

  /** Once when it begins to fail, and once when it works again. */
  function report(error: unknown) {
    if (error !== undefined && !isFailing)
      log.warn({ error: describeError(error) }, 'the diary cannot be written: its rows are dropped')
    if (error === undefined && isFailing) log.info('the diary is written again')
    isFailing = error !== undefined
  }

  async function tidy(): Promise<number> {
    try {
      const { isTidy, bytes } = await store.tidy(clock.nowMs() - days * dayMs)
      metrics.diaryBytes.set(bytes)
      return isTidy ? tidyEveryMs : stepPauseMs
    } catch {
      // What is wrong is reported when rows are dropped.
      return tidyEveryMs
    }
  }

  return {
    /** Keeps a message of an approved venue, as its log line has it. */
    keepRequest(exchange: Exchange, line: Record<string, unknown>) {
      const { venue } = exchange
      if (venue) add(() => ofRequest(exchange, line, { venue, replica, hashCard }))
    },

    keepUndo(undone: Undone) {
      const atMs = clock.nowMs()
      add(() => ofUndo(undone, { atMs, replica }))
    },

    keepPublished(tickets: Published[]) {
      const atMs = clock.nowMs()
      for (const ticket of tickets) add(() => ofPublished(ticket, { atMs, replica }))
    },

    /** Deletes old rows in the background. */
    start: loop.start,

    /** Writes what waits, for a few seconds at most. Safe to call twice. */
    async close(): Promise<void> {
      closing.abort()
      if (gathered.length > 0) endTurn()
      await Promise.all([loop.stop(), writing && settlesWithin(timers, closeWithinMs, writing)])
      await store.close()
    },
  }
}
