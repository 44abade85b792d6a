import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { openJournal } from '../../src/journal/open.ts'
import type { Journal } from '../../src/journal/journal.ts'
import { createLogger } from '../../src/observability/logger.ts'
import { createMetrics } from '../../src/observability/metrics.ts'

export const journalKeys = [1, 2].map((byte) => Buffer.alloc(32, byte).toString('base64'))

export const cardHashKey = 'a card hash key for tests'

export type TestJournal = {
  journal: Journal
  /** Of the SQLite file; empty on PostgreSQL. */
  path: string
  /** Only the test moves it: `pass` both clocks, `jump` only the wall clock. */
  clock: { nowMs(): number; monotonicMs(): number; pass(ms: number): void; jump(ms: number): void }
  lines: string[]
  /** Runs one statement on another connection. */
  sql(statement: string): Promise<Record<string, unknown>[]>
  /** Opens the file after a close. */
  open(keys?: string[]): Promise<void>
  /** Closes it and opens the same file again. */
  reopen(keys?: string[]): Promise<void>
  end(): Promise<void>
}

export type OpenTestJournal = (options?: { maxBytes?: number }) => Promise<TestJournal>

export const testSettings = { cardHashKey, posDeadlineMs: 2500, venueStaleMs: 86_400_000 }

/** Opens a journal in a file of its own. */
export async function openTestJournal({ maxBytes = 1024 ** 3 } = {}): Promise<TestJournal> {
  const folder = mkdtempSync(join(tmpdir(), 'journal-test-'))
  const path = join(folder, 'journal.sqlite')
  const { clock, lines, log } = createTestParts()
  const settings = { ...testSettings, path, postgres: undefined, maxBytes }
  return await openTest({
    path,
    clock,
    lines,
    async sql(statement) {
      using file = new DatabaseSync(path)
      return file
        .prepare(statement)
        .all()
        .map((row) => ({ ...row }))
    },
    openIt: (keys) => openJournal({ ...settings, keys }, { clock, log, metrics: testMetrics }),
    clear: () => rm(folder, { recursive: true, force: true }),
  })
}

/** One for all journals of tests that do not read it. */
export const testMetrics = createMetrics()

/** A clock that only the test moves, and a log that it can read. */
export function createTestParts() {
  let nowMs = Date.UTC(2026, 10, 23, 12)
  let monotonicMs = 0
  const clock = {
    nowMs: () => nowMs,
    monotonicMs: () => monotonicMs,
    pass(ms: number) {
      nowMs += ms
      monotonicMs += ms
    },
    jump: (ms: number) => void (nowMs += ms),
  }
  const lines: string[] = []
  const log = createLogger('info', { write: (line: string) => void lines.push(line) })
  return { clock, lines, log }
}

/** @param parts `openIt` opens it at first and whenever it is opened again; `clear` is called after its last close */
export async function openTest({
  openIt,
  clear,
  ...parts
}: Pick<TestJournal, 'path' | 'clock' | 'lines' | 'sql'> & {
  openIt: (keys: string[]) => Promise<Journal>
  clear: () => Promise<void>
}): Promise<TestJournal> {
  const test: TestJournal = {
    ...parts,
    journal: await openIt(journalKeys.slice(0, 1)),
    async open(keys = journalKeys.slice(0, 1)) {
      test.journal = await openIt(keys)
    },
    async reopen(keys) {
      await test.journal.close()
      await test.open(keys)
    },
    async end() {
      await test.journal.close()
      await clear()
    },
  }
  return test
}

/** @param coreId TRIFFT's id of the venue that sent it */
export function unreadMessage(text: string, coreId = 'venue-uuid') {
  const venue = { id: '1902', coreId, currency: 'GBP' }
  return {
    venue,
    tenant: '0123456789abcdef',
    contentType: 'application/json',
    base64: Buffer.from(text).toString('base64'),
    reason: 'total cannot be read',
  }
}
