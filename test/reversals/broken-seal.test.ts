import { sendNext, settleDebit } from '../support/redemption.ts'
import { expect } from 'chai'
import { DatabaseSync } from 'node:sqlite'
import { createTurns } from '../../src/loyalty/turns.ts'
import { createLogger } from '../../src/observability/logger.ts'
import { createMetrics } from '../../src/observability/metrics.ts'
import { createReversals } from '../../src/reversals/reversals.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { stuckDebit } from '../support/stuck-redemption.ts'
import { noTracing } from '../../src/observability/tracing.ts'
import { openTestJournal, type TestJournal } from '../support/test-journal.ts'

/** As many as are undone at once. */
const brokenOnes = 8

/**
 * Story: bits of the file had flipped. Eight redemptions whose card and key could not be read came first each time, for
 * ever, so that nothing behind them was given back.
 */
describe('a redemption in doubt whose seal is broken', () => {
  let test: TestJournal
  beforeEach(async () => (test = await openTestJournal()))
  afterEach(() => test.end())

  async function doubt(number: number) {
    const intent = { ...stuckDebit, key: `T-${number}`, cardHash: `card-${number}` }
    const begun = await test.journal.beginDebit(intent, sendNext)
    if (begun.do !== 'send') throw new Error('was not sent')
    const { id } = begun.redemption
    await settleDebit(test.journal, id, { kind: 'unknown' })
    test.clock.pass(1)
    return id
  }

  it('gets stuck, with a log line that says so, and does not hold up others', async () => {
    const broken: string[] = []
    while (broken.length < brokenOnes) broken.push(await doubt(broken.length))
    using disk = new DatabaseSync(test.path)
    // Broken, or gone with its key.
    disk.exec(
      'UPDATE redemptions SET sealed = iif(rowid % 2, randomblob(80), NULL), seal_key = iif(rowid % 2, seal_key, NULL)',
    )
    const whole = await doubt(brokenOnes)
    test.clock.pass(5_000)

    const restored: string[] = []
    const lines: string[] = []
    const reversals = createReversals({
      journal: test.journal,
      core: {
        async restoreCoupon({ reference }: { reference: string }) {
          restored.push(reference)
          return {}
        },
      } as never,
      balances: { drop: () => undefined },
      turns: createTurns(),
      tracing: noTracing,
      maskId: (id) => id,
      clock: test.clock,
      timers: createManualClock(),
      log: createLogger('error', { write: (line: string) => void lines.push(line) }),
      metrics: createMetrics(),
    })
    await reversals.runDue()
    await reversals.runDue()

    expect(restored).to.deep.equal([whole])
    expect((await test.journal.stuckRedemptions()).map(({ id }) => id)).to.have.members(broken)
    const told = lines.map((line) => JSON.parse(line) as { redemptionId: string; msg: string })
    expect(told.map(({ redemptionId }) => redemptionId)).to.have.members(broken)
    for (const { msg } of told) expect(msg).to.match(/an operator has to decide$/)
  })
})
