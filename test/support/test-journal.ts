import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openJournal } from '../../src/journal/open.ts'
import type { Journal } from '../../src/journal/journal.ts'
import { createLogger } from '../../src/observability/logger.ts'
import { createMetrics } from '../../src/observability/metrics.ts'

export const journalKeys = [1, 2].map((byte) => Buffer.alloc(32, byte).toString('base64'))

export const cardHashKey = 'a card hash key for tests'

export type TestJournal = {
  journal: Journal
  path: string
  /** Only the test moves it: `pass` both clocks, `jump` only the wall clock. */
  clock: { nowMs(): number; monotonicMs(): number; pass(ms: number): void; jump(ms: number): void }
  lines: string[]
  /** Opens the file after a close. */
  open(keys?: string[]): Promise<void>
  /** Closes it and opens the same file again. */
  reopen(keys?: string[]): Promise<void>
  end(): Promise<void>
}

/** Opens a journal in a folder of its own, with a clock that only the test moves. */
export async function openTestJournal({ maxBytes = 1024 ** 3 } = {}): Promise<TestJournal> {
  const folder = mkdtempSync(join(tmpdir(), 'journal-test-'))
  const path = join(folder, 'journal.sqlite')
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
  const open = (keys: string[]) =>
    openJournal(
      {
        path,
        keys,
        maxBytes,
        cardHashKey,
        posDeadlineMs: 2500,
        venueStaleMs: 86_400_000,
      },
      { clock, log, metrics: createMetrics() },
    )
  const test: TestJournal = {
    journal: await open(journalKeys.slice(0, 1)),
    path,
    clock,
    lines,
    async open(keys = journalKeys.slice(0, 1)) {
      test.journal = await open(keys)
    },
    async reopen(keys) {
      await test.journal.close()
      await test.open(keys)
    },
    async end() {
      await test.journal.close()
      await rm(folder, { recursive: true, force: true })
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
