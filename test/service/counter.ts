import { startCoreSimulator, type CoreOptions } from '../simulators/core.ts'
import { demo } from '../simulators/core/demo-project.ts'
import type { Dialect } from '../../src/zonal/dialect.ts'
import { createTill, type TillOptions } from '../simulators/till.ts'
import type { ManualClock } from '../support/manual-clock.ts'
import { startTestService } from '../support/test-service.ts'

export { demo }
export type Counter = Awaited<ReturnType<typeof openCounter>>

/**
 * A bar counter: the simulated core, the real service with it, and a till.
 * @param env as for `npm start`
 * @param options of the core; `clock`: of the core and the service, instead of the system's
 */
export async function openCounter(
  env: Record<string, string> = {},
  { clock, dialects, ...options }: CoreOptions & { clock?: ManualClock; dialects?: readonly Dialect[] } = {},
) {
  const core = await startCoreSimulator({ limit: 'off', nowMs: clock?.nowMs, ...options })
  const service = await startTestService({ CORE_BASE_URL: core.url, ...env }, { clock, dialects })
  const openTill = (more: Partial<TillOptions> = {}) =>
    createTill({ baseUrl: service.url, venueId: demo.venueId, apiKey: demo.apiKey, ...more })
  return {
    core,
    service,
    till: openTill(),
    openTill,
    /** Calls to the core that move something. */
    moves: () => core.calls.filter(({ method }) => method === 'POST'),
    async close() {
      // The core first: a call that hangs there would hold up the service's stop.
      core.faults.clear()
      await service.end()
      await core.close()
    },
  }
}

const { anna } = demo.cards
export const takeCoffee = {
  cardNumber: anna,
  accountNumber: 'A-1',
  transactionId: 'T-1',
  rewardId: demo.coupons.coffee,
}
export const takePoints = { cardNumber: anna, accountNumber: 'A-1', transactionId: 'P-1', points: 200 }
