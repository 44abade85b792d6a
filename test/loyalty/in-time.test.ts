import { expect } from 'chai'
import { createExchange } from '../../src/exchange.ts'
import type { Journal } from '../../src/journal/journal.ts'
import { createMaskId } from '../../src/loyalty/mask-ids.ts'
import { createCredit } from '../../src/loyalty/credit.ts'
import { createDebit } from '../../src/loyalty/debit.ts'
import type { CoreCalls } from '../../src/loyalty/redemption.ts'
import { createTurns } from '../../src/loyalty/turns.ts'
import { createKeyedHash, toCredentials } from '../../src/model/keys.ts'
import { StorageUnavailable } from '../../src/model/refusal.ts'
import { createLogger } from '../../src/observability/logger.ts'
import { systemTimers } from '../../src/time/clock.ts'
import { CoreUnavailable } from '../../src/trifft/errors.ts'
import { openTestJournal, type TestJournal } from '../support/test-journal.ts'

const caller = {
  credentials: toCredentials('1902', 'key-of-the-project'),
  venue: { id: '1902', coreId: 'venue-uuid', currency: 'GBP' },
}
const coffee = {
  cardNumber: 'CARD0001',
  accountNumber: 'A-1',
  transactionId: 'T-1',
  what: { kind: 'coupon', rewardId: 'uc-1' },
} as const

// A till that had been told that nothing could be written down went on without, and then it was written after all.
describe('what the journal has begun too late for its till', () => {
  let test: TestJournal
  let calls: string[]
  beforeEach(async () => {
    test = await openTestJournal()
    calls = []
  })
  afterEach(() => test.end())

  it('is taken back if it is a debit', async () => {
    const slow = slowly('beginDebit')
    const refusal = await createDebit(depsOn(slow.journal))(coffee, caller, shortExchange()).catch(codeOf)
    expect(refusal).to.equal('STORAGE_UNAVAILABLE')
    slow.release()
    await slow.recorded
    expect(await states()).to.deep.equal(['not_done'])
    expect(calls).to.deep.equal([])
  })

  it('is taken back if it is a credit: the debit stands', async () => {
    const { redemptionId } = await createDebit(depsOn(test.journal))(coffee, caller, longExchange())
    await test.journal.markAnswered(redemptionId)
    const slow = slowly('beginCredit')
    const { cardNumber } = coffee
    const refusal = await createCredit(depsOn(slow.journal))(
      { cardNumber, redemptionId },
      caller,
      shortExchange(),
    ).catch(codeOf)
    expect(refusal).to.equal('TRY_AGAIN_SHORTLY')
    slow.release()
    await slow.recorded
    expect(await states()).to.deep.equal(['confirmed'])
    expect(await test.journal.findRedemption(redemptionId)).to.include({ undo: undefined })
    expect(calls).to.deep.equal(['redeemCoupon'])
  })

  for (const [when, answer] of [
    ['and its answer comes late', (released: Promise<void>) => released],
    [
      'and its answer is lost',
      (released: Promise<void>) =>
        released.then(() => {
          throw new StorageUnavailable('the connection is lost', { mayBeDone: true })
        }),
    ],
  ] as const)
    it(`is repeated if it is the end of a credit that the till was told will be given back, ${when}`, async () => {
      const { redemptionId, row } = await createDebit(depsOn(test.journal))(coffee, caller, longExchange())
      await test.journal.markAnswered(row)
      const released = Promise.withResolvers<void>()
      const recordedAgain = Promise.withResolvers<void>()
      let records = 0
      const record: Journal['record'] = async (...values) => {
        const isFirst = records++ === 0
        const result = await test.journal.record(...values)
        if (isFirst) await answer(released.promise)
        else recordedAgain.resolve()
        return result
      }
      const deps = depsOn({ ...test.journal, record })
      deps.core.restoreCoupon = () => Promise.reject(new CoreUnavailable({ message: 'not sent (no_slot)' }))
      const { cardNumber } = coffee
      const refusal = await createCredit(deps)({ cardNumber, redemptionId }, caller, shortExchange()).catch(
        codeOf,
      )
      expect(refusal).to.equal('NOT_GIVEN_BACK_YET')
      released.resolve()
      await recordedAgain.promise
      expect((await test.journal.dueUndos(1)).map(({ id }) => id)).to.deep.equal([redemptionId])
    })

  const shortExchange = () => createExchange(test.clock, 600)
  const longExchange = () => createExchange(test.clock, 60_000)
  const states = async () => (await test.sql('SELECT state FROM redemptions')).map(({ state }) => state)

  /** A journal that begins at once, and says so only when it is let go of. */
  function slowly(name: 'beginDebit' | 'beginCredit') {
    const released = Promise.withResolvers<void>()
    const recorded = Promise.withResolvers<void>()
    const journal = {
      ...test.journal,
      async [name](...values: [never, never]) {
        const begun = await test.journal[name](...values)
        await released.promise
        return begun
      },
      async record(...values: Parameters<Journal['record']>) {
        const result = await test.journal.record(...values)
        recorded.resolve()
        return result
      },
    } as Journal
    return { journal, release: released.resolve, recorded: recorded.promise }
  }

  function depsOn(journal: Journal) {
    const hashCard = createKeyedHash('secret')
    const call = (name: string) => async () => (calls.push(name), {})
    const core: CoreCalls = {
      redeemCoupon: call('redeemCoupon'),
      restoreCoupon: call('restoreCoupon'),
      takePoints: call('takePoints'),
      givePointsBack: call('givePointsBack'),
    }
    return {
      journal,
      core,
      hashCard,
      maskId: createMaskId(hashCard),
      balances: { drop: () => undefined },
      turns: createTurns(),
      timers: systemTimers,
      log: createLogger('silent'),
    }
  }
})

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown }).code
}
