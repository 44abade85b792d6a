import { sendNext, settleDebit } from '../support/redemption.ts'
import { once, EventEmitter } from 'node:events'
import { expect } from 'chai'
import { createTurns } from '../../src/loyalty/turns.ts'
import { createLogger } from '../../src/observability/logger.ts'
import { createMetrics } from '../../src/observability/metrics.ts'
import { createReversals, type Reversals } from '../../src/reversals/reversals.ts'
import { createManualClock } from '../support/manual-clock.ts'
import { noTracing } from '../../src/observability/tracing.ts'
import { openTestJournal, type TestJournal } from '../support/test-journal.ts'

const count = 200

/**
 * Story: ten minutes of torture left hundreds in doubt. They were undone eight at a time with a second in between,
 * although the core answered and had room, so that guests waited minutes for what takes seconds.
 */
describe('hundreds of redemptions in doubt', () => {
  let test: TestJournal
  let reversals: Reversals | undefined
  beforeEach(async () => {
    test = await openTestJournal()
  })
  afterEach(async () => {
    await reversals?.stop()
    await test.end()
  })

  async function doubt(number: number) {
    const begun = await test.journal.beginDebit(
      {
        key: `T-${number}`,
        hasTransactionId: true,
        venue: 'venue-uuid',
        venueId: '1902',
        tenant: 'tenant-of-project',
        account: `A-${number}`,
        what: { kind: 'points', points: 1 },
        cardHash: `card-${number}`,
        cardMasked: '*',
        secret: { cardNumber: `CARD${number}`, apiKey: 'key-of-the-project' },
      },
      sendNext,
    )
    if (begun.do === 'send') await settleDebit(test.journal, begun.redemption.id, { kind: 'unknown' })
  }

  function start(giveBack: () => Promise<object>) {
    reversals = createReversals({
      journal: test.journal,
      core: { givePointsBack: giveBack } as never,
      balances: { drop: () => undefined },
      turns: createTurns(),
      tracing: noTracing,
      maskId: (id) => id,
      clock: test.clock,
      // A pause never ends here.
      timers: createManualClock(),
      log: createLogger('silent'),
      metrics: createMetrics(),
    })
    reversals.start()
  }

  it('are given back one after the other, without a pause while the core answers', async () => {
    await Promise.all(Array.from({ length: count }, (_, number) => doubt(number)))
    test.clock.pass(3_000)
    const core = new EventEmitter()
    let calls = 0
    start(async () => {
      calls += 1
      if (calls === count) core.emit('all')
      return {}
    })
    await once(core, 'all')
    await reversals?.stop()
    expect((await test.journal.stats()).open).to.include({ in_doubt: 0, stuck: 0 })
  })
})
