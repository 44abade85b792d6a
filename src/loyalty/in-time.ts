import type { Exchange } from '../exchange.ts'
import { StorageUnavailable } from '../model/refusal.ts'
import type { Timers } from '../time/clock.ts'
import { within } from '../time/waiting.ts'
import { timeToWaitMs } from '../trifft/deadline.ts'

/** The journal usually takes a few milliseconds, so somebody who is hardly late is still served. */
const minWaitMs = 50

/**
 * Waits for the journal no longer than the till waits for its answer: a message uses it several times, each within the
 * journal's own patience. What was begun goes on by itself.
 * @param onLate gets what came of it after all, to take it back: the till was told that nothing was done
 * @throws what the use throws; StorageUnavailable if the till's time is up
 */
export async function inTime<T>(
  timers: Timers,
  exchange: Exchange,
  use: Promise<T>,
  onLate?: (result: T) => Promise<unknown>,
): Promise<T> {
  const tooLate = () =>
    new StorageUnavailable('the journal took longer than the till waits', { mayBeDone: true })
  try {
    return await within(timers, Math.max(timeToWaitMs(exchange), minWaitMs), use, tooLate)
  } catch (error) {
    if (onLate) void use.then(onLate).catch(() => undefined)
    throw error
  }
}

/** The same for a ticket. One whose text came late is taken all the same: no operator waits for it. */
export async function inTimeOfTicket<T>(timers: Timers, exchange: Exchange, use: Promise<T>): Promise<T> {
  return exchange.leftMs() > 0 ? await inTime(timers, exchange, use) : await use
}
