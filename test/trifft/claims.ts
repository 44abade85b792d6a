import { expect } from 'chai'
import { CoreUnavailable } from '../../src/trifft/errors.ts'
import type { Lane } from '../../src/trifft/budget/lanes.ts'
import type { Reason, Slot } from '../../src/trifft/budget/claims.ts'
import type { ManualClock } from '../support/manual-clock.ts'
import { caller, coreParts, type CoreJournal } from './setup.ts'

type Asked = {
  venue?: string
  tenant?: string
  from?: string
  count?: 1 | 2
  waitMs?: number
  onGranted?: () => void
}
export type Claimed = {
  slot?: Slot
  refusal?: unknown
  /** Runs a call in the slot until it is told to end. */
  leave(): { end(error?: Error): Promise<void> }
}

/** One turn of the event loop: all promises that can have settled. */
export const turn = () => new Promise((resolve) => setImmediate(resolve))

/** A budget whose time only the test moves. */
export function budgetAt(
  env: Record<string, string> = {},
  given: { clock?: ManualClock; journal?: CoreJournal } = {},
) {
  const parts = coreParts({ CORE_RATE_LIMIT: '48', ...env }, given)
  const { budget, clock } = parts

  async function claim(lane: Lane, asked: Asked = {}): Promise<Claimed> {
    const { venue: venueId = '1902', tenant = caller.credentials.tenant, count = 1, waitMs = 0 } = asked
    const { from: sourceAddress } = asked
    const claimed: Claimed = {
      leave() {
        const { promise, resolve, reject } = Promise.withResolvers<void>()
        const ended = claimed.slot?.(() => promise).catch(() => undefined)
        return {
          async end(error) {
            if (error) reject(error)
            else resolve()
            await ended
          },
        }
      },
    }
    const credentials = { ...caller.credentials, venueId, tenant }
    budget.acquire({ lane, credentials, sourceAddress, count, waitMs }).then(
      (slot) => {
        claimed.slot = slot
        asked.onGranted?.()
      },
      (refusal: unknown) => (claimed.refusal = refusal),
    )
    await turn()
    return claimed
  }

  /** Claims slots until one is refused, and leaves all calls under way. */
  async function fill(lane: Lane, most = 100) {
    const calls = []
    while (calls.length < most) {
      const claimed = await claim(lane)
      if (!claimed.slot) break
      calls.push(claimed.leave())
    }
    return calls
  }

  return {
    ...parts,
    claim,
    fill,
    /** @returns how many calls of the lane left and ended before one was refused */
    async use(lane: Lane, most?: number) {
      const calls = await fill(lane, most)
      for (const call of calls) await call.end()
      return calls.length
    },
    pass: clock.pass,
  }
}

/** @returns `granted`, `waiting`, or why it was refused */
export function stateOf({ slot, refusal }: Claimed): string {
  if (slot) return 'granted'
  if (refusal === undefined) return 'waiting'
  const reason = refusal instanceof CoreUnavailable && /^not sent \((\w+)\)$/.exec(refusal.message)?.[1]
  return reason || String(refusal)
}

export function expectBusy(failure: unknown, reason: Reason, retryAfterSeconds: number) {
  expect(failure).to.be.instanceOf(CoreUnavailable)
  expect(failure).to.include({ code: 'CORE_BUSY', message: `not sent (${reason})`, retryAfterSeconds })
}

export const blocked = (retryAfterSeconds?: number) =>
  new CoreUnavailable({ message: '429', status: 429, retryAfterSeconds }, 'CORE_BUSY')
