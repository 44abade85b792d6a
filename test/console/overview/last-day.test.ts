import { expect } from 'chai'
import { createLastDay, outcomeOf, quartersShown } from '../../../src/console/overview/last-day.ts'
import { quarterMs } from '../../../src/diary/look-ups.ts'
import type { Reader } from '../../../src/journal/reader.ts'
import type { LookUps } from '../../../src/journal/look-ups.ts'
import { debitEntry } from '../../diary/entries.ts'
import { openDiaryReader } from '../../../src/diary/open.ts'
import { readConfig } from '../../../src/config/config.ts'
import { createLogger } from '../../../src/observability/logger.ts'
import { writeDiary } from '../../diary/write-diary.ts'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const startMs = Math.floor(Date.UTC(2026, 10, 23, 12) / quarterMs) * quarterMs
const noJournal = {
  listRedemptions: () => Promise.resolve([]),
  redemptionsByIds: () => Promise.resolve([]),
} as unknown as LookUps

describe('the last day of the overview', () => {
  let folder: string
  let env: Record<string, string>
  let reader: Reader
  /** From when on rows were counted, by each look. */
  let counted: number[]
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'last-day-'))
    env = { JOURNAL_PATH: join(folder, 'journal.sqlite') }
    await write([debitEntry('a', startMs - 10 * quarterMs + 1)])
    const opened = (await openDiaryReader(readConfig({ HOST: '127.0.0.1', ...env }), createLogger('silent')))!
    counted = []
    reader = {
      ...opened,
      read: (work) =>
        opened.read(function* () {
          const asked = work()
          let step = asked.next()
          while (!step.done) {
            const { sql, values } = step.value
            if (sql.includes('count(*)')) counted.push((values as { fromMs: number }).fromMs)
            step = asked.next(yield step.value)
          }
          return step.value
        }),
    }
  })
  afterEach(async () => {
    await reader.close()
    rmSync(folder, { recursive: true })
  })
  const write = (entries: Parameters<typeof writeDiary>[1]) => writeDiary(env, entries)

  it('has a quarter for each, and what tills heard and what Kafka has in it', async () => {
    const at = startMs + 1
    await write([
      debitEntry('b', at),
      debitEntry('c', at, { code: 'REWARD_USED' }),
      debitEntry('d', at, { code: 'CORE_BUSY' }),
      debitEntry('e', at, { code: 'HUNG_UP' }),
      debitEntry('f', at, { message: 'ticket' }),
      debitEntry('g', at, { message: 'published' }),
      debitEntry('h', at, { message: 'undo', code: 'done' }),
    ])
    const { quarters, doubts } = await createLastDay('en').read(reader, noJournal, startMs + 60_000)
    expect([quarters.length, doubts.length]).to.deep.equal([quartersShown, quartersShown])
    expect(quarters.at(-1)).to.deep.equal({
      startMs,
      outcomes: { ok: 2, refused: 1, failed: 1, hungUp: 1 },
      ticketsTaken: 1,
      ticketsPublished: 1,
    })
    expect(quarters.at(-11)?.outcomes.ok).to.equal(1)
    expect(quarters.reduce((sum, { outcomes }) => sum + outcomes.ok, 0)).to.equal(3)
  })

  it('counts what is over once, and again only the quarter that goes on and one that has just ended', async () => {
    const lastDay = createLastDay('en')
    const look = async (atMs: number) => {
      counted.length = 0
      const { quarters } = await lastDay.read(reader, noJournal, atMs)
      return {
        from: (Math.min(...counted) - startMs) / quarterMs,
        ok: quarters.map(({ outcomes }) => outcomes.ok),
      }
    }
    expect((await look(startMs + 120_000)).from).to.equal(1 - quartersShown)
    await write([debitEntry('b', startMs + 130_000)])
    const second = await look(startMs + 140_000)
    expect(second.from).to.equal(0)
    expect(second.ok.at(-1)).to.equal(1)
    expect(second.ok.at(-11)).to.equal(1)
    // Rows are written behind the answers: one of the quarter before may still come.
    const third = await look(startMs + quarterMs + 30_000)
    expect(third.from).to.equal(0)
    await write([debitEntry('c', startMs + quarterMs - 1)])
    const fourth = await look(startMs + quarterMs + 61_000)
    expect([fourth.from, fourth.ok.at(-2)]).to.deep.equal([0, 2])
    const fifth = await look(startMs + quarterMs + 62_000)
    expect([fifth.from, fifth.ok.at(-2)]).to.deep.equal([1, 2])
    const nextDay = await look(startMs + (quartersShown + 5) * quarterMs)
    expect(nextDay.ok.reduce((sum, each) => sum + each, 0)).to.equal(0)
  })

  it('takes what may be tried again as failed, and codes of others as refused', () => {
    expect(
      ['OK', 'HUNG_UP', 'CORE_BUSY', 'REWARD_USED', 'SOMETHING_NEW'].map((code) => outcomeOf(code, 'en')),
    ).to.deep.equal(['ok', 'hungUp', 'failed', 'refused', 'refused'])
  })
})
