import type { DebitDone } from '../../src/loyalty/debit.ts'
import { expect } from 'chai'
import { createApp } from '../../src/app.ts'
import type { Loyalty } from '../../src/loyalty/loyalty.ts'
import { systemClock, systemTimers } from '../../src/time/clock.ts'
import { createLogger } from '../../src/observability/logger.ts'
import { createMetrics } from '../../src/observability/metrics.ts'
import { registeredDialects } from '../../src/zonal/dialects/registered.ts'
import { basic } from '../simulators/till/encode.ts'
import { redemption } from '../support/redemption.ts'
import { useRealSockets } from '../support/real-sockets.ts'
import { noTracing } from '../../src/observability/tracing.ts'
import { serve } from './serve.ts'

describe('a debit is marked as answered', () => {
  useRealSockets()

  /** @returns the status that the till hears, and the redemptions that were marked by then */
  async function debitOf(done: DebitDone) {
    const marked: string[] = []
    const log = createLogger('silent')
    const metrics = createMetrics()
    const loyalty: Partial<Loyalty> = {
      approve: async ({ venueId: id }) => ({ id, coreId: 'venue-uuid', currency: 'GBP' }),
      debit: async () => done,
      maskId: (id) => id,
      markAnswered: async ({ id }) => void marked.push(id),
    }
    const settings = { language: 'en', failureHttpStatus: 503, invalidTicketHttpStatus: 400 } as const
    const app = createApp({
      tracking: {
        clock: systemClock,
        deadlineMs: 2500,
        trustedProxies: 0,
        tracing: noTracing,
        log,
        metrics,
        openBreakers: () => [],
      },
      capture: (_ctx, next) => next(),
      refusals: {
        settings,
        isDraining: () => false,
        stopping: new AbortController().signal,
        timers: systemTimers,
      },
      routes: {
        dialects: registeredDialects,
        loyalty: loyalty as Loyalty,
        timers: systemTimers,
        settings: {
          basePath: '/zonal/v1',
          cardPrefixes: [],
          timeZone: 'Europe/London',
          venueTimeZones: new Map(),
          withoutCard: 'publish',
        },
        metrics,
        service: { service: 'adapter', version: '0' },
      },
      log,
    })
    const server = await serve(app)
    const answer = await fetch(`http://127.0.0.1:${server.port}/zonal/v1/debit`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: basic({ venueId: '1902', apiKey: 'key-of-the-project' }),
      },
      body: JSON.stringify({ cardNumber: 'CARD0001', accountNumber: 'A-1', rewardId: 'uc-1' }),
    })
    await answer.text()
    await server.close()
    return { status: answer.status, marked }
  }

  const taken = {
    redemptionId: 'r-1',
    what: { kind: 'coupon', rewardId: 'uc-1' },
    row: redemption({ state: 'confirmed' }),
  } as const

  it('when its OK has left', async () => {
    expect(await debitOf({ ...taken, moved: {} })).to.deep.equal({ status: 200, marked: ['r-1'] })
  })

  // The mark was asked for before the reply was made. If that had failed, the departure of the error would have marked
  // a debit that the till was never told of, and it would never have been undone.
  it('not when its reply could not be made and an error has left instead', async () => {
    const unreadable = {
      get reward(): never {
        throw new Error('the reply cannot be made')
      },
    }
    expect(await debitOf({ ...taken, moved: unreadable })).to.deep.equal({ status: 500, marked: [] })
  })
})
