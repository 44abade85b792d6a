import type { Exchange } from '../exchange.ts'
import type { Timers } from '../time/clock.ts'
import { within } from '../time/waiting.ts'
import { CoreUnavailable } from './errors.ts'

/** Kept for our own answer to the till. */
export const replyReserveMs = 100

/** @returns how long this exchange can still wait for the core or the journal, in ms; 0 or less: no longer */
export function timeToWaitMs(exchange: Exchange): number {
  return exchange.leftMs() - replyReserveMs
}

/**
 * Waits for a load that another exchange may have begun, and that goes on if this one gives up.
 * @throws what the load throws; CoreUnavailable if this exchange's own time is up
 */
export async function waitFor<T>(timers: Timers, load: Promise<T>, exchange: Exchange): Promise<T> {
  const tooLate = () => new CoreUnavailable({ message: 'no time left to wait for a load' })
  return await within(timers, timeToWaitMs(exchange), load, tooLate)
}
