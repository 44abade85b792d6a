import { StorageUnavailable } from '../../src/model/refusal.ts'
import { expect } from 'chai'
import { EventEmitter, once } from 'node:events'
import { DatabaseSync } from 'node:sqlite'
import { createMarkAnswered } from '../../src/loyalty/answered.ts'
import { createTurns } from '../../src/loyalty/turns.ts'
import { createLogger } from '../../src/observability/logger.ts'
import { createMetrics } from '../../src/observability/metrics.ts'
import { createReversals } from '../../src/reversals/reversals.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { stuckDebit } from '../support/stuck-redemption.ts'
import { openTestJournal, type TestJournal } from '../support/test-journal.ts'
import { noTracing } from '../../src/observability/tracing.ts'
import { unrecordedSpan } from '../../src/model/span.ts'
import { confirmed, redemption, sendNext } from '../support/redemption.ts'

const span = unrecordedSpan()

describe('the record that an OK has left', () => {
  const row = redemption({ state: 'confirmed' })

  function recordWith(failures: Error[]) {
    const marked: unknown[] = []
    const clock = createManualClock()
    const lines: string[] = []
    const markAnswered = createMarkAnswered({
      journal: {
        async markAnswered(of) {
          const failure = failures.shift()
          if (failure) throw failure
          marked.push(of)
        },
      },
      timers: clock,
      log: createLogger('warn', { write: (line: string) => void lines.push(line) }),
    })
    return { markAnswered, marked, lines, clock }
  }

  it('is retried while the journal is locked, so that a reward that the guest has is not given back', async () => {
    const { markAnswered, marked, lines, clock } = recordWith([
      new StorageUnavailable('locked'),
      new StorageUnavailable('locked'),
    ])
    const marking = markAnswered(row, span)
    await clock.pass(500)
    await marking
    expect(marked).to.deep.equal([row])
    expect(lines, 'one line for a lock, not one for each try').to.have.length(1)
  })

  it('is not retried if the journal will never accept it', async () => {
    const { markAnswered, marked, lines } = recordWith([new Error('database is not open')])
    await markAnswered(row, span)
    expect(marked).to.deep.equal([])
    expect(lines).to.have.length(1)
  })
})

/**
 * Story: an operator's shell locked the file for more than ten seconds. When the lock ended, the undo worker ran just
 * before the OK was recorded, and gave back what the guest had.
 */
describe('an OK that left while the journal was locked', () => {
  let test: TestJournal
  beforeEach(async () => (test = await openTestJournal()))
  afterEach(() => test.end())

  it('is recorded before any undo of it, however long the lock lasted', async () => {
    const { journal, clock } = test
    const timers = createManualClock()
    const begun = await journal.beginDebit(stuckDebit, sendNext)
    if (begun.do !== 'send') throw new Error('was not sent')
    const { id } = begun.redemption
    const event = { kind: 'debit_outcome', outcome: confirmed(), callId: begun.redemption.call?.id } as const
    const { redemption: taken } = await journal.record(id, event)

    let undos = 0
    const reversals = createReversals({
      journal,
      core: { restoreCoupon: async () => ({ undos: ++undos }) } as never,
      balances: { drop: () => undefined },
      turns: createTurns(),
      tracing: noTracing,
      maskId: (id) => id,
      clock,
      timers,
      log: createLogger('silent'),
      metrics: createMetrics(),
    })
    const log = new EventEmitter()
    const markAnswered = createMarkAnswered({
      journal,
      timers,
      log: createLogger('warn', { write: () => void log.emit('failed') }),
    })
    using shell = new DatabaseSync(test.path)
    shell.exec('BEGIN IMMEDIATE')
    const failed = once(log, 'failed')
    const marked = markAnswered(taken!, span)
    await failed
    clock.pass(10_001)
    expect(await journal.dueUndos(1)).to.have.length(1)
    shell.exec('ROLLBACK')
    await reversals.runDue()

    expect(undos).to.equal(0)
    await timers.pass(250)
    await marked
    expect(await journal.findRedemption(id)).to.include({ state: 'confirmed', answeredAtMs: clock.nowMs() })
    expect(await journal.dueUndos(1)).to.deep.equal([])
  })
})
